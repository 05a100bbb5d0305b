using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>The whole state as lines of text, so that two states are equal if their lines are.</summary>
internal static class StateText
{
    private static readonly TimeSpan Later = TimeSpan.FromHours(5);

    /// <summary>Byte order of UTF-8, as lists have it.</summary>
    public static readonly Comparer<string> ByteOrder =
        Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));

    public static List<string> Of(ReferenceSpace space)
    {
        var state = space.State;
        var lines = new List<string> { Head(space.Position, space.LogClock, space.Settings, state.Concepts.Count, state.Associations.Count) };
        foreach (var id in state.Concepts.Keys.Concat(state.Implied).Order(ByteOrder))
        {
            lines.Add(state.Concepts.TryGetValue(id, out var concept)
                ? Line(id, concept, space.Now.Exists(state, id), space.LogClock, space.Settings)
                : Implied(id));
            lines.AddRange(Neighbors(state, id));
        }

        lines.AddRange(state.Associations.Select(association => Line(association.Key, association.Value, space.LogClock, space.Settings)).Order(StringComparer.Ordinal));
        return lines;
    }

    public static string Head(LogPosition position, Timestamp logClock, SpaceSettings settings, long concepts, long associations) =>
        $"at {position} {logClock}: {concepts} concepts, {associations} associations; {Known(settings)}";

    // Golden texts are older than settings that came since, and stay as they are.
    private static string Known(SpaceSettings settings) =>
        $"{settings}".Replace("EmbeddingModel = , NextEmbeddingModel = , ", "", StringComparison.Ordinal).Replace("TextAttributes = , ", "", StringComparison.Ordinal);

    public static string Line(string id, ConceptRecord concept, bool exists, Timestamp now, SpaceSettings settings) =>
        $"concept {id}{(exists ? "" : " (expired)")} {concept.Everything}{Strength(concept, now, settings)}";

    public static string Line(AssociationKey key, AssociationRecord association, Timestamp now, SpaceSettings settings) =>
        $"association {Name(key)} {association.Everything}{Strength(association, now, settings)}";

    public static string Implied(string id) => $"implied {id}";

    public static string Neighbors(string id, Direction direction, IEnumerable<string> edges) => $"  {direction} of {id}: {string.Join("; ", edges.Order(StringComparer.Ordinal))}";

    public static string Edge(AssociationKey key, bool outgoing) => $"{Name(key)}{(outgoing ? " >" : " <")}";

    private static IEnumerable<string> Neighbors(ReferenceState state, string id)
    {
        var outgoing = state.Associations.Keys.Where(key => key.Source == id).ToList();
        var incoming = state.Associations.Keys.Where(key => key.Target == id).ToList();
        yield return Neighbors(id, Direction.Out, outgoing.Select(key => Edge(key, outgoing: true)));
        yield return Neighbors(id, Direction.In, incoming.Select(key => Edge(key, outgoing: false)));
        yield return Neighbors(
            id, Direction.Both, outgoing.Select(key => Edge(key, outgoing: true)).Concat(incoming.Where(key => key.Source != id).Select(key => Edge(key, outgoing: false))));
    }

    private static string Name(AssociationKey key) => $"{key.Source} -{key.Type}-> {key.Target} '{key.Key}'";

    private static string Strength(Record record, Timestamp now, SpaceSettings settings)
    {
        var (current, later) = (record.StrengthAt(now, settings.HalfLife), record.StrengthAt(now.Plus(Later), settings.HalfLife));
        return $" now {BitConverter.SingleToInt32Bits(current):X} later {BitConverter.SingleToInt32Bits(later):X}";
    }
}
