// Package bundle reads OCI bundles: a directory with a config.json as the
// runtime specification 1.3 describes it, and a root file system.
//
// [Read] decodes strictly: what is wrong is named with its line, column and
// JSON path, and so is what nsview does not do. Nothing that the configuration
// asks for is left out in silence. Properties that the specification does not
// know must be ignored (config.md, Extensibility); they are listed as warnings.
package bundle
