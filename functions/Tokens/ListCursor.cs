using System.Buffers.Binary;
using System.Text;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>
/// Where a list goes on: the key of the last item given, as up to four parts. It carries a checksum of the query, because the same key in
/// another list would silently skip or repeat.
/// </summary>
internal sealed class ListCursor
{
    private const int MaxParts = 4;

    private readonly byte[][] _parts;

    private ListCursor(byte[][] parts) => _parts = parts;

    public ReadOnlySpan<byte> this[int part] => _parts[part];

    public int Count => _parts.Length;

    /// <summary>What two requests must share to go on in each other's list: the route and what selects and orders its items.</summary>
    public static uint QueryOf(params ReadOnlySpan<string> parts)
    {
        var checksum = 0u;
        foreach (var part in parts)
        {
            checksum = Crc32C.Compute(Encoding.UTF8.GetBytes(part + "\n"), checksum);
        }

        return checksum;
    }

    public static string Write(SpaceName space, Incarnation incarnation, uint query, params ReadOnlySpan<byte[]> parts)
    {
        var payload = new byte[sizeof(uint) + TotalBytes(parts)];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, query);
        var at = sizeof(uint);
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(at), (ushort)part.Length);
            part.CopyTo(payload.AsSpan(at + sizeof(ushort)));
            at += sizeof(ushort) + part.Length;
        }

        return OpaqueText.Write(OpaqueText.Kind.Cursor, space, incarnation, payload);
    }

    /// <exception cref="ProblemException">wrong-cursor, saying in what way.</exception>
    public static ListCursor Read(string text, SpaceName space, Incarnation incarnation, uint query, int parts)
    {
        var fault = OpaqueText.TryRead(text, OpaqueText.Kind.Cursor, space, incarnation, out var payload);
        if (fault != OpaqueText.Fault.None || payload.Length < sizeof(uint))
        {
            throw Wrong(OpaqueText.Explain(fault, OpaqueText.Kind.Cursor));
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(payload) != query || !TrySplit(payload[sizeof(uint)..], parts, out var split))
        {
            throw Wrong("the cursor belongs to another query: only limit and fields may change from page to page");
        }

        return new(split);
    }

    private static ProblemException Wrong(string detail) => ProblemException.Parameter("cursor", detail, ProblemKinds.WrongCursor);

    private static int TotalBytes(ReadOnlySpan<byte[]> parts)
    {
        var total = 0;
        foreach (var part in parts)
        {
            total += sizeof(ushort) + part.Length;
        }

        return total;
    }

    private static bool TrySplit(ReadOnlySpan<byte> payload, int count, out byte[][] parts)
    {
        parts = new byte[Math.Min(count, MaxParts)][];
        for (var i = 0; i < parts.Length; i++)
        {
            if (payload.Length < sizeof(ushort) || payload.Length - sizeof(ushort) < BinaryPrimitives.ReadUInt16LittleEndian(payload))
            {
                return false;
            }

            var length = BinaryPrimitives.ReadUInt16LittleEndian(payload);
            parts[i] = payload.Slice(sizeof(ushort), length).ToArray();
            payload = payload[(sizeof(ushort) + length)..];
        }

        return payload.IsEmpty;
    }
}
