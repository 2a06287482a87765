package snapshot

// EncodeText makes of any bytes a string that JSON can hold; DecodeText gives
// the bytes back. Files of nsview keep the strings of a host so.
func EncodeText(s string) string { return encodeText(s) }

// DecodeText is described with [EncodeText].
func DecodeText(s string) string { return decodeText(s) }

// Encoded is a copy whose strings JSON can hold; Decode undoes it.
func (m *Mount) Encoded() Mount { return m.encoded() }

// Decode is described with [Mount.Encoded].
func (m *Mount) Decode() { m.texts(decodeInto) }

// Encoded is a copy whose strings JSON can hold; Decode undoes it.
func (p *Process) Encoded() Process { return p.encoded() }

// Decode is described with [Process.Encoded].
func (p *Process) Decode() { p.texts(decodeInto) }

// Encoded is a copy whose strings JSON can hold; Decode undoes it.
func (n *Namespace) Encoded() Namespace { return n.encoded() }

// Decode is described with [Namespace.Encoded].
func (n *Namespace) Decode() { n.texts(decodeInto) }
