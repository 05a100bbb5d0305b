using System.Diagnostics;
using System.Text;
using Cairn.Benchmarks.Stores;
using Cairn.Benchmarks.Workload;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Reconciliation;

namespace Cairn.Benchmarks.Opening;

/// <summary>The first searches of a process that has just opened a space: where its checkpoint has no index, which has to be made then, and where it has.</summary>
internal static class FirstSearches
{
    private const int Rounds = 5;

    public static async Task MeasureAsync(ScratchFolder folder)
    {
        await OpenAsync(folder, "made by it", stores: true).ConfigureAwait(false);
        for (var round = 0; round < Rounds; round++)
        {
            await OpenAsync(folder, "in the checkpoint", stores: false).ConfigureAwait(false);
        }
    }

    private static async Task OpenAsync(ScratchFolder folder, string indexes, bool stores)
    {
        var store = folder.OpenStore();
        var record = (await store.ListAsync(CancellationToken.None).ConfigureAwait(false))[0];
        var reports = new OpeningCommand.Reports();
        var space = await OpeningCommand.OpenAsync(record, store, reports).ConfigureAwait(false);
        var words = Milliseconds(space, usesModel: false, 0);
        var again = Milliseconds(space, usesModel: false, 1);
        var meaning = Milliseconds(space, usesModel: true, 2);
        OpeningCommand.Say($"  first search by words, its index {indexes}: {words:N1} ms, of other words then {again:N2} ms; first with the built-in model {meaning:N1} ms");
        if (stores)
        {
            await space.CheckpointAsync(CancellationToken.None).ConfigureAwait(false);
            OpeningCommand.Say($"  a checkpoint with both: {reports.Last.Duration.TotalMilliseconds:N0} ms, {reports.Last.WrittenBytes / 1e6:N1} MB");
        }

        await space.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }

    // Some of those of a concept.
    private static byte[] Words(int number)
    {
        var concept = new GeneratedConcept();
        new ConceptGenerator(Dataset.Seed).Generate(number, concept);
        return Encoding.ASCII.GetBytes(string.Join(' ', Encoding.ASCII.GetString(concept.Content).Split(' ').Skip(3).Take(3)));
    }

    private static double Milliseconds(Space space, bool usesModel, int text)
    {
        var began = Stopwatch.GetTimestamp();
        var query = new SearchQuery { Now = default, Text = Words(text), UsesBuiltInModel = usesModel };
        query.Start(space.Current).Run(CancellationToken.None);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
