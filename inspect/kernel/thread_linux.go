package kernel

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// onOwnThread starts f on a thread that dies with it: whatever f does to its
// namespaces stays there. The process's first thread is never taken, as it
// cannot die, and its namespaces are what /proc/self shows as the program's.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with f
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		done := make(chan struct{})
		go func() { // this goroutine keeps the first thread busy meanwhile
			runtime.LockOSThread()
			close(done)
			f()
		}()
		<-done
		runtime.UnlockOSThread()
	}()
}

// enter moves the calling thread into a mount namespace, with the namespace's
// root as root and working directory. Threads share those until they unshare
// them, and setns(2) refuses while they do.
func enter(nsfd int) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare root directory: %w", err)
	}
	if err := unix.Setns(nsfd, unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter mount namespace: %w", err)
	}
	return nil
}

// inside runs f in a mount namespace and waits for it.
func inside(nsfd int, f func() error) error {
	answer := make(chan error, 1)
	onOwnThread(func() {
		err := enter(nsfd)
		if err == nil {
			err = f()
		}
		answer <- err
	})
	return <-answer
}
