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

    /// <summary>Writes a cursor.</summary>
    /// <param name="space">The list's space.</param>
    /// <param name="incarnation">Its life.</param>
    /// <param name="query">From <see cref="QueryOf"/>.</param>
    /// <param name="place">Where the page ended.</param>
    /// <param name="state">The state that the whole list shows; null: each page shows the newest.</param>
    public static string Write(SpaceName space, Incarnation incarnation, uint query, ReadOnlySpan<byte> place, LogPosition? state = null)
    {
        var placeAt = PlaceAt(state is not null);
        var payload = new byte[placeAt + place.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, query);
        if (state is { } position)
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(sizeof(uint)), position.Value);
        }

        place.CopyTo(payload.AsSpan(placeAt));
        return OpaqueText.Write(KindOf(state is not null), space, incarnation, payload);
    }

    /// <summary>Where the page before ended.</summary>
    /// <exception cref="ProblemException">wrong-cursor, saying in what way.</exception>
    public static byte[] Read(string text, SpaceName space, Incarnation incarnation, uint query, string parameter = "cursor", bool ofState = false)
    {
        var payload = Payload(text, space, incarnation, parameter, ofState);
        return BinaryPrimitives.ReadUInt32LittleEndian(payload) == query ? payload[PlaceAt(ofState)..].ToArray() : throw OfOtherQuery(parameter);
    }

    /// <summary>The state that the list shows, whatever its query.</summary>
    /// <exception cref="ProblemException">wrong-cursor, saying in what way.</exception>
    public static LogPosition ReadState(string text, SpaceName space, Incarnation incarnation)
    {
        const string Parameter = "cursor";
        var position = BinaryPrimitives.ReadInt64LittleEndian(Payload(text, space, incarnation, Parameter, ofState: true)[sizeof(uint)..]);
        return position >= 0 && position <= LogPosition.Max.Value
            ? new(position)
            : throw Wrong(Parameter, OpaqueText.Explain(OpaqueText.Fault.Malformed, OpaqueText.Kind.Cursor));
    }

    private static ReadOnlySpan<byte> Payload(string text, SpaceName space, Incarnation incarnation, string parameter, bool ofState)
    {
        var fault = OpaqueText.TryRead(text, KindOf(ofState), space, incarnation, out var payload);
        if (fault == OpaqueText.Fault.OtherKind && OpaqueText.TryRead(text, KindOf(!ofState), space, incarnation, out _) == OpaqueText.Fault.None)
        {
            throw OfOtherQuery(parameter);
        }

        return fault == OpaqueText.Fault.None && payload.Length >= PlaceAt(ofState) ? payload : throw Wrong(parameter, OpaqueText.Explain(fault, OpaqueText.Kind.Cursor));
    }

    private static int PlaceAt(bool ofState) => sizeof(uint) + (ofState ? sizeof(long) : 0);

    private static OpaqueText.Kind KindOf(bool ofState) => ofState ? OpaqueText.Kind.StateCursor : OpaqueText.Kind.Cursor;

    private static ProblemException OfOtherQuery(string parameter) => Wrong(parameter, "the cursor belongs to another query: only limit and fields may change from page to page");

    private static ProblemException Wrong(string parameter, string detail) => ProblemException.Parameter(parameter, detail, ProblemKinds.WrongCursor);
}
