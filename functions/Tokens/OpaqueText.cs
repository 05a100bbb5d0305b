using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>
/// What tokens and cursors have in common: base64url of a version, a kind, the space's name (as a checksum) and life, a payload, and a checksum over it
/// all, so that a damaged one is not taken for another. Opaque to callers; not a secret.
/// </summary>
internal static class OpaqueText
{
    /// <summary>The longest text, in characters, that any of them has.</summary>
    public const int MaxLength = 4096;

    public const int HeaderBytes = 2 + sizeof(uint) + Incarnation.LengthBytes;

    private const byte Version = 1;
    private const int ChecksumBytes = sizeof(uint);

    public enum Kind : byte { Token = 1, Cursor = 2, StateCursor = 3 }

    public enum Fault { None, Malformed, OtherKind, OtherSpace, OtherLife }

    public static string Write(Kind kind, SpaceName space, Incarnation incarnation, ReadOnlySpan<byte> payload)
    {
        var length = HeaderBytes + payload.Length + ChecksumBytes;
        Span<byte> bytes = length <= 512 ? stackalloc byte[length] : new byte[length];
        (bytes[0], bytes[1]) = (Version, (byte)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[2..], NameOf(space));
        incarnation.Write(bytes[(2 + sizeof(uint))..]);
        payload.CopyTo(bytes[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[^ChecksumBytes..], Crc32C.Compute(bytes[..^ChecksumBytes]));
        return Base64Url.EncodeToString(bytes);
    }

    public static Fault TryRead(string text, Kind kind, SpaceName space, Incarnation incarnation, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (text.Length > MaxLength || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length)
            || length < HeaderBytes + ChecksumBytes || bytes[0] != Version || !IsIntact(bytes.AsSpan(0, length)))
        {
            return Fault.Malformed;
        }

        payload = bytes.AsSpan(HeaderBytes, length - HeaderBytes - ChecksumBytes);
        return bytes[1] != (byte)kind ? Fault.OtherKind
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(2)) != NameOf(space) ? Fault.OtherSpace
            : Incarnation.Read(bytes.AsSpan(2 + sizeof(uint), Incarnation.LengthBytes)) != incarnation ? Fault.OtherLife : Fault.None;
    }

    /// <summary>Plain words for a fault.</summary>
    public static string Explain(Fault fault, Kind kind)
    {
        var word = kind == Kind.Token ? "token" : "cursor";
        return fault switch
        {
            Fault.OtherKind => $"this is not a {word} but a {(kind == Kind.Token ? "cursor" : "token")}",
            Fault.OtherSpace => $"the {word} belongs to another space",
            Fault.OtherLife => $"the {word} belongs to another life of this space: it was deleted and created again",
            _ => $"this is not a {word} of this service, or it was cut or changed on its way",
        };
    }

    private static bool IsIntact(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[^ChecksumBytes..]) == Crc32C.Compute(bytes[..^ChecksumBytes]);

    private static uint NameOf(SpaceName space) => Crc32C.Compute(Encoding.ASCII.GetBytes(space.ToString()));
}
