using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>What commits are found by: 16 bytes of their id, the same in every process and in files.</summary>
internal static class CommitKey
{
    /// <summary>Bytes of a key.</summary>
    public const int LengthBytes = 16;

    private const int HexDigits = 2 * LengthBytes;
    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>The key of an id that a caller gave: the first 16 bytes of its SHA-256, so that nobody can choose two ids with one key.</summary>
    public static UInt128 OfGiven(ReadOnlySpan<byte> id) => Digest(id);

    /// <summary>The key of an id that the service made. Those are 128 bits in hexadecimal, which need no digest; any other text gets one.</summary>
    public static UInt128 OfMade(ReadOnlySpan<byte> id)
    {
        if (id.Length != HexDigits || id.ContainsAnyExcept(Hex))
        {
            return Digest(id);
        }

        Span<byte> bits = stackalloc byte[LengthBytes];
        Convert.FromHexString(id, bits, out _, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bits);
    }

    /// <summary>The first 16 bytes of SHA-256: what ids and bodies are compared by.</summary>
    public static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }
}
