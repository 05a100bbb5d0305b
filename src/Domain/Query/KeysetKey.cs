using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Query;

/// <summary>Where a page ended: the four parts of its last item's place in the order. Names only, no rows: rows change with a generation.</summary>
internal readonly ref struct KeysetKey(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, ReadOnlySpan<byte> fourth)
{
    public ReadOnlySpan<byte> First { get; } = first;

    public ReadOnlySpan<byte> Second { get; } = second;

    public ReadOnlySpan<byte> Third { get; } = third;

    public ReadOnlySpan<byte> Fourth { get; } = fourth;

    /// <summary>Each part with its length before it, u16 little-endian.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[(4 * sizeof(ushort)) + First.Length + Second.Length + Third.Length + Fourth.Length];
        var rest = Write(Write(Write(Write(bytes, First), Second), Third), Fourth);
        Invariant.Require(rest.IsEmpty, "a keyset key has the length that was counted");
        return bytes;
    }

    /// <exception cref="CairnException">Invalid, wrong-cursor: these are not the bytes of a key.</exception>
    public static KeysetKey Parse(ReadOnlySpan<byte> bytes)
    {
        var key = new KeysetKey(Read(ref bytes), Read(ref bytes), Read(ref bytes), Read(ref bytes));
        return bytes.IsEmpty ? key : throw Wrong();
    }

    /// <summary>The failure of a continuation that does not belong to its query.</summary>
    public static CairnException Wrong() =>
        new(ErrorKind.Invalid, "The cursor does not belong to this list.") { Problem = "wrong-cursor", Field = "cursor" };

    private static Span<byte> Write(Span<byte> destination, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, checked((ushort)part.Length));
        part.CopyTo(destination[sizeof(ushort)..]);
        return destination[(sizeof(ushort) + part.Length)..];
    }

    private static ReadOnlySpan<byte> Read(scoped ref ReadOnlySpan<byte> bytes)
    {
        if (!BinaryPrimitives.TryReadUInt16LittleEndian(bytes, out var length) || bytes.Length - sizeof(ushort) < length)
        {
            throw Wrong();
        }

        var part = bytes.Slice(sizeof(ushort), length);
        bytes = bytes[(sizeof(ushort) + length)..];
        return part;
    }
}
