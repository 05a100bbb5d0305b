using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>The bytes of one file that no longer changes.</summary>
/// <remarks>Any number of threads may read at once.</remarks>
public interface ISegmentSource
{
    /// <summary>Bytes of the file.</summary>
    long LengthBytes { get; }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="CairnException">Corrupt: the file ends before. Unavailable: it cannot be read now.</exception>
    void Read(long offset, Span<byte> destination);
}
