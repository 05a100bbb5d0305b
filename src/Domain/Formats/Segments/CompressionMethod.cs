namespace Cairn.Formats.Segments;

/// <summary>How the bytes of a chunk are stored; the values are those of the format.</summary>
internal enum CompressionMethod : byte
{
    /// <summary>As they are.</summary>
    Stored = 0,

    /// <summary>DEFLATE, RFC 1951, without a header around it.</summary>
    Deflate = 1,

    /// <summary>Brotli, RFC 7932.</summary>
    Brotli = 2,
}
