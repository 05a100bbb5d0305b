using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation.Lookups;

/// <summary>What a lookups index must hold of a space, chunk by chunk, each of the snapshot that is the newest by then. One thread.</summary>
internal sealed class LookupChunks(Reconciler reconciler, LookupEncoder encoder)
{
    /// <summary>Documents of a chunk at most.</summary>
    public const int MaxDocuments = 200;

    /// <summary>Bytes of bodies that end a chunk.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private static readonly Timestamp BeforeEveryExpiry = new(long.MinValue);

    /// <summary>The concepts behind an id, in the order of ids; empty: there is none.</summary>
    public List<LookupDocument> After(ReadOnlyMemory<byte> id)
    {
        var snapshot = reconciler.Newest;
        var (walk, chunk) = (snapshot.ConceptsById(id.Span), new List<LookupDocument>());
        for (var bytes = 0L; chunk.Count < MaxDocuments && bytes < MaxBytes && walk.MoveNext();)
        {
            if (IsThere(snapshot, walk.Row))
            {
                chunk.Add(encoder.Encode(snapshot.Concept(walk.Row)));
                bytes += chunk[^1].Body.Length;
            }
        }

        return chunk;
    }

    /// <summary>The concepts of some ids, or that they are not there.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="from">The first that counts; afterwards, the first that is left.</param>
    public List<LookupDocument> Of(IReadOnlyList<byte[]> ids, ref int from)
    {
        var (snapshot, chunk) = (reconciler.Newest, new List<LookupDocument>());
        for (var bytes = 0L; chunk.Count < MaxDocuments && bytes < MaxBytes && from < ids.Count; from++)
        {
            var row = snapshot.FindConcept(ids[from]);
            chunk.Add(row >= 0 && IsThere(snapshot, row) ? encoder.Encode(snapshot.Concept(row)) : LookupEncoder.Tombstone(ids[from], snapshot.Position));
            bytes += chunk[^1].Body.Length;
        }

        return chunk;
    }

    /// <summary>Tombstones of those documents whose concepts are not there any more.</summary>
    public List<LookupDocument> Lost(IReadOnlyList<LookupDocument> documents)
    {
        var snapshot = reconciler.Newest;
        return
        [
            .. from document in documents
               let row = snapshot.FindConcept(document.Id.Span)
               where document.Position <= snapshot.Position && !(row >= 0 && IsThere(snapshot, row))
               select LookupEncoder.Tombstone(document.Id, snapshot.Position),
        ];
    }

    /// <summary>Whether it was put and not deleted. What has expired and was not purged yet is there: who reads knows the time.</summary>
    public static bool IsThere(Snapshot snapshot, int row) => snapshot.Concept(row).Exists(BeforeEveryExpiry);
}
