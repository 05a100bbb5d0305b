using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>An open blob. Reads come from any thread, at once; its bytes stay readable until it is disposed, also when the blob is deleted.</summary>
public interface IBlobReader : IDisposable
{
    /// <summary>Bytes of the blob.</summary>
    long LengthBytes { get; }

    /// <summary>Fills all of <paramref name="destination"/> with the bytes from an offset on. Blocks for as long as the local disk takes.</summary>
    /// <exception cref="CairnException">Corrupt: the blob ends before. Unavailable: the disk fails.</exception>
    void Read(long offset, Span<byte> destination);
}
