using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Embedded;

/// <summary>
/// What the memory knew at one moment: every answer is of the same snapshot, whatever is written meanwhile, and none waits. Holding one
/// keeps its memory. Any number of threads.
/// </summary>
public sealed class MemoryView
{
    internal MemoryView(Snapshot snapshot, Timestamp now) => (Snapshot, Now) = (snapshot, now);

    /// <summary>The snapshot behind it, for scans that shall allocate nothing.</summary>
    public Snapshot Snapshot { get; }

    /// <summary>The instant that expiry and decay are judged by.</summary>
    public Timestamp Now { get; }

    /// <summary>Everything in the log up to here is in it.</summary>
    public LogPosition Position => Snapshot.Position;

    /// <summary>Concepts that were put and not deleted; those that expired count until they are purged.</summary>
    public long ConceptCount => Snapshot.ConceptCount;

    /// <summary>Associations that were put and not deleted.</summary>
    public long AssociationCount => Snapshot.AssociationCount;

    /// <summary>A concept by id; null: there is none, or only associations speak of it.</summary>
    public Concept? Find(string id) => RowOf(id) is { } row && Snapshot.Concept(row).Exists(Now) ? ObjectReading.Read(Snapshot.Concept(row)) : null;

    /// <summary>An association by its key; null: there is none.</summary>
    public Association? Find(AssociationKey key) =>
        AssociationRowOf(key) is { } row && Shows(Snapshot.Association(row)) ? ObjectReading.Read(Snapshot, Snapshot.Association(row)) : null;

    /// <summary>One attribute of a concept, without reading the rest of it; null: no such concept or attribute.</summary>
    public Value? FindAttribute(string id, string name) =>
        RowOf(id) is { } row && Snapshot.Concept(row) is var concept && concept.Exists(Now)
        && StrictUtf8.TryEncode(name, out var bytes) && concept.TryGetAttribute(bytes, out var value)
            ? (Value?)value.ToValue()
            : null;

    /// <summary>The strength of a concept, decayed to <see cref="Now"/>; null: no such concept.</summary>
    public float? FindStrength(string id) =>
        RowOf(id) is { } row && Snapshot.Concept(row) is var concept && concept.Exists(Now) ? concept.CurrentStrength(Now) : null;

    /// <summary>The concepts in byte order of their ids, read as they are enumerated.</summary>
    /// <param name="label">Only those that have it; null: all.</param>
    /// <param name="after">Begin behind this id; empty: at the first.</param>
    public IEnumerable<Concept> ListConcepts(string? label = null, string after = "")
    {
        var code = label is null ? -1 : Snapshot.FindLabel(Encoding.UTF8.GetBytes(label));
        if (label is not null && code < 0)
        {
            yield break;
        }

        var walk = Snapshot.ConceptsById(StrictUtf8.Encode(after, nameof(after)));
        while (walk.MoveNext())
        {
            var concept = Snapshot.Concept(walk.Row);
            if (concept.Exists(Now) && (code < 0 || concept.HasLabel(code)))
            {
                yield return ObjectReading.Read(concept);
            }
        }
    }

    /// <summary>The neighbours of a concept: outgoing associations first, then by type, the neighbour's id and key.</summary>
    /// <param name="id">The concept; it may be one that only associations speak of. Of an unknown one: none.</param>
    /// <param name="direction">Which associations.</param>
    /// <param name="types">Types of associations, any of; none named: all.</param>
    /// <param name="limit">At most so many, 1 to 1,000; <see cref="Snapshot"/> has them all.</param>
    public IReadOnlyList<Neighbor> FindNeighbors(string id, Direction direction = Direction.Both, IReadOnlyCollection<string>? types = null, int limit = 50)
    {
        if (RowOf(id) is not { } row)
        {
            return [];
        }

        var query = new NeighborQuery { Concept = row, Now = Now, Direction = direction, Types = CodeFilter.OfTypes(Snapshot, types ?? []), Limit = limit };
        return [.. query.Run(Snapshot, CancellationToken.None).Items.Select(NeighborOf)];
    }

    /// <summary>The best paths between two concepts, the best first; equally good ones in the order of their ids.</summary>
    /// <param name="request">The ends, and what is best.</param>
    /// <param name="cancellationToken">Ends a long search.</param>
    /// <returns>Empty: there is none within the depth, or an end is unknown.</returns>
    public IReadOnlyList<MemoryPath> FindPaths(PathRequest request, CancellationToken cancellationToken)
    {
        if (RowOf(request.From) is not { } from || RowOf(request.To) is not { } to)
        {
            return [];
        }

        var query = new PathQuery
        {
            From = from,
            To = to,
            Now = Now,
            Mode = request.Mode,
            Direction = request.Direction,
            Types = CodeFilter.OfTypes(Snapshot, request.Types),
            MaxDepth = request.MaxDepth,
            Limit = request.Limit,
        };
        return [.. query.Run(Snapshot, cancellationToken).Paths.Select(PathOf)];
    }

    private int? RowOf(string id) => StrictUtf8.TryEncode(id, out var bytes) && Snapshot.FindConcept(bytes) is var row and >= 0 ? row : null;

    private string IdOf(int row) => Encoding.UTF8.GetString(Snapshot.Concept(row).Id);

    private Neighbor NeighborOf(NeighborEdge edge)
    {
        var concept = Snapshot.Concept(edge.Neighbor);
        return new(
            ObjectReading.Read(Snapshot, Snapshot.Association(edge.Association)),
            edge.Outgoing,
            IdOf(edge.Neighbor),
            concept.IsImplied ? null : ObjectReading.Read(concept));
    }

    private MemoryPath PathOf(ConceptPath path) => new(
        [.. path.Concepts.Select(IdOf)],
        [.. path.Associations.Select(row => ObjectReading.ReadKey(Snapshot, Snapshot.Association(row)))],
        path.Score);

    private int? AssociationRowOf(AssociationKey key) =>
        StrictUtf8.TryEncode(key.Source, out var source) && StrictUtf8.TryEncode(key.Type, out var type)
        && StrictUtf8.TryEncode(key.Target, out var target) && StrictUtf8.TryEncode(key.Key, out var parallel)
        && Snapshot.FindAssociation(new AssociationName(source, type, target, parallel)) is var row and >= 0
            ? row
            : null;

    private bool Shows(AssociationView association) =>
        association.IsAlive && ShowsEnd(Snapshot.Concept(association.Source)) && ShowsEnd(Snapshot.Concept(association.Target));

    private bool ShowsEnd(ConceptView end) => end.IsImplied || end.Exists(Now);
}
