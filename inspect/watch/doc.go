// Package watch follows the mounts of a host: notices of the kernel are folded
// into one [Event] per propagation, origin first.
//
//	w, err := host.Watch(ctx, watch.Options{})      // inspect.Host
//	rec := watch.NewRecording(w.First())
//	for {
//		step, err := w.Next(ctx)
//		...
//		rec.Add(step)
//		step.Event                              // what happened
//		rec.At(step.Event.Seq)                  // the host just after it
//	}
//
// A [Step] is an event with the changes of the mount tables that belong to it.
// A [Recording] is a host as it was and the steps since: it can be saved, read
// again, and asked for the world at any of its events.
package watch
