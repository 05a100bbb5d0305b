using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation.Lookups;

/// <summary>Documents of a lookups index as a snapshot that holds their concepts and nothing else: what reads one concept, or lists some, reads it as any other. Pure.</summary>
public static class LookedUpConcepts
{
    /// <summary>The snapshot of some documents.</summary>
    /// <param name="life">Whose they are.</param>
    /// <param name="watermark">How far the index was brought: the snapshot's position, clock and half-life are of there, the concepts' versions their own.</param>
    /// <param name="documents">Stored ones, each concept once.</param>
    /// <exception cref="CairnException">Corrupt: a document makes no sense.</exception>
    public static Snapshot ToSnapshot(Incarnation life, LookupsWatermark watermark, IEnumerable<LookupDocument> documents)
    {
        ArgumentNullException.ThrowIfNull(watermark);
        ArgumentNullException.ThrowIfNull(documents);

        // What decides at a put what becomes of a concept was decided when it was put for the first time.
        var state = new SpaceState(life, new((ulong)life.Value)) { Settings = watermark.Settings with { TimeToLive = null, VectorDimensions = null } };
        var operations = new ConceptOperations(state, new(state));
        foreach (var document in documents)
        {
            Put(state, operations, document);
        }

        (state.Position, state.LogClock) = (watermark.Position, watermark.LogClock);
        return state.Publish();
    }

    private static void Put(SpaceState state, ConceptOperations operations, LookupDocument document)
    {
        Invariant.Require(document.State == LookupState.Stored, "only a stored concept can be read");
        state.Position = document.Position;
        var reader = new CommitReader(document.Body.Span);
        if (!reader.TryReadOperation(out var operation)
            || operation.Kind != OperationKind.Put
            || !operation.Id.SequenceEqual(document.Id.Span)
            || operations.Put(operation, -1, out var result) != RejectionReason.None
            || result.Effect != Effect.Created
            || reader.TryReadOperation(out _))
        {
            throw new CairnException(ErrorKind.Corrupt, "a document of the lookups index does not hold its concept");
        }
    }
}
