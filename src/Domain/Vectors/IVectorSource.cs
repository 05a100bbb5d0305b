namespace Cairn.Vectors;

/// <summary>Where the float32 originals of vectors are.</summary>
internal interface IVectorSource
{
    /// <summary>The vector of a row: float32, little-endian; empty: it has none. Valid until the next call.</summary>
    ReadOnlySpan<byte> Read(int row);
}
