// Package cgroup gives a container a control group of its own (cgroups(7)),
// with the limits that an OCI configuration can name and the devices that its
// processes may use. Version 1, version 2 and the two together are handled by
// opencontainers/cgroups, which is what runc does it with.
//
// The group of a container is nsview-ID.scope. Removing it is for package sweep:
// it has to happen also when nsview is killed. It works on Linux only.
package cgroup
