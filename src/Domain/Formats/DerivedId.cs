using System.Buffers.Binary;
using System.Security.Cryptography;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>The id of a concept that was put without one: a version 8 UUID (RFC 9562) from the space's life, the commit and the operation's index.</summary>
internal static class DerivedId
{
    /// <summary>Bytes of its text.</summary>
    public const int TextBytes = 36;

    /// <summary>Writes the text, exactly <see cref="TextBytes"/> long; the same for every repetition of the commit.</summary>
    public static void Write(Incarnation incarnation, ReadOnlySpan<byte> commitId, int operationIndex, Span<byte> text)
    {
        Span<byte> source = stackalloc byte[Incarnation.LengthBytes + Limits.CommitIdLength + 1 + sizeof(uint)];
        incarnation.Write(source);
        commitId.CopyTo(source[Incarnation.LengthBytes..]);
        var at = Incarnation.LengthBytes + commitId.Length;
        source[at++] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(source[at..], (uint)operationIndex);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source[..(at + sizeof(uint))], hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        var written = new Guid(hash[..16], bigEndian: true).TryFormat(text, out var length, "D");
        Invariant.Require(written && length == TextBytes, "a UUID has 36 characters");
    }
}
