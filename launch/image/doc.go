// Package image opens container images that lie in files: the OCI image layout,
// as a directory or a tar, and what docker save writes. [Open] reads what the
// image says about itself, [Image.Unpack] unpacks its layers as directories that
// an overlay can take as they are.
//
// An image is somebody else's: every blob is held against its digest, no path
// and no link in it leads out of the directory it is unpacked to, devices are
// left out, and sizes have limits.
//
// It works on Linux only.
package image
