using System.Buffers.Binary;
using System.Text;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>
/// Where a list goes on: the place that its query gave, with a checksum of that query, because the same place in another list would silently skip or repeat.
/// </summary>
internal static class ListCursor
{
    /// <summary>What two requests must share to go on in each other's list: the route and what selects and orders its items.</summary>
    public static uint QueryOf(params IEnumerable<string> parts)
    {
        var checksum = 0u;
        foreach (var part in parts)
        {
            checksum = Crc32C.Compute(Encoding.UTF8.GetBytes(part + "\n"), checksum);
        }

        return checksum;
    }

    public static string Write(SpaceName space, Incarnation incarnation, uint query, ReadOnlySpan<byte> place)
    {
        var payload = new byte[sizeof(uint) + place.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, query);
        place.CopyTo(payload.AsSpan(sizeof(uint)));
        return OpaqueText.Write(OpaqueText.Kind.Cursor, space, incarnation, payload);
    }

    /// <exception cref="ProblemException">wrong-cursor, saying in what way.</exception>
    public static byte[] Read(string text, SpaceName space, Incarnation incarnation, uint query, string parameter = "cursor")
    {
        var fault = OpaqueText.TryRead(text, OpaqueText.Kind.Cursor, space, incarnation, out var payload);
        if (fault != OpaqueText.Fault.None || payload.Length < sizeof(uint))
        {
            throw Wrong(parameter, OpaqueText.Explain(fault, OpaqueText.Kind.Cursor));
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(payload) == query
            ? payload[sizeof(uint)..].ToArray()
            : throw Wrong(parameter, "the cursor belongs to another query: only limit and fields may change from page to page");
    }

    private static ProblemException Wrong(string parameter, string detail) => ProblemException.Parameter(parameter, detail, ProblemKinds.WrongCursor);
}
