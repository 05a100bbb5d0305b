using Cairn.Functions.Routing;
using Cairn.Primitives;
using Cairn.Query.Search;

namespace Cairn.Functions.Endpoints;

/// <summary>Gives a search for words a vector of the same meaning, where something can make one.</summary>
internal static class QueryEmbedding
{
    /// <summary>Says that a search went on without one of its rankings.</summary>
    public const string DegradedHeader = "Cairn-Degraded";

    // Whoever searches waits for it: what takes longer is not worth it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The search, with a vector of its text if the space's model can be asked; without one it finds by words all the same, and the answer says so.</summary>
    public static async ValueTask<SearchQuery> CompleteAsync(Call call, Reading reading, SearchQuery query)
    {
        if (query.Text.IsEmpty || query.Vector is not null || query.Weights.Vector == 0)
        {
            return query;
        }

        if (reading.Snapshot.Settings.EmbeddingModel is not { } model)
        {
            return query with { UsesBuiltInModel = call.Service.HasBuiltInModel };
        }

        var vector = call.Service.Embedder is { } embedder && embedder.Model == model ? await TryEmbedAsync(call, query.Text) : null;
        if (vector is null)
        {
            call.Response.Headers[DegradedHeader] = "vector";
            return query;
        }

        return query with { Vector = vector, HasVectorOfText = true };
    }

    private static async ValueTask<float[]?> TryEmbedAsync(Call call, ReadOnlyMemory<byte> text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        limit.CancelAfter(Patience);
        try
        {
            return (await call.Service.Embedder!.EmbedAsync([text], limit.Token))[0];
        }
        catch (Exception failure) when (failure is CairnException || (failure is OperationCanceledException && !call.Aborted.IsCancellationRequested))
        {
            return null;
        }
    }
}
