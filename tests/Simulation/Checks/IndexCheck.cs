using System.Globalization;
using System.Text;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Simulation.Workload;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Text;
using Cairn.Vectors;

namespace Cairn.Simulation.Checks;

/// <summary>What the indexes of a snapshot hold, perhaps from a checkpoint and brought along since, is what indexes hold that are made of its rows.</summary>
internal static class IndexCheck
{
    public static async Task RunAsync(Snapshot snapshot, string who)
    {
        await SearchQuery.PrepareAsync(snapshot, CancellationToken.None);
        Run(snapshot.Derived<TextIndexing>(), snapshot, LinesOf, $"{who}, by words");
        Run(snapshot.Derived<HashedIndexing>(), snapshot, view => LinesOf(view, snapshot), $"{who}, by meaning");
    }

    private static void Run<TView>(DerivedIndex<TView> index, Snapshot snapshot, Func<TView, IReadOnlyList<string>> lines, string who)
        where TView : class
    {
        var work = new CatchUp<TView>(index.NewIndexer(snapshot), null, snapshot, []);
        while (work.Step(int.MaxValue, int.MaxValue))
        {
        }

        var found = new DerivedIndexScan<TView>(index, snapshot, exact: true).Run(CancellationToken.None);
        StateLines.RequireEqual(lines(work.Index.Publish()), lines(found.View), who);
    }

    // Each term and the rows that have it.
    private static List<string> LinesOf(TextView view)
    {
        var lines = new List<string> { $"{view.LiveCount} texts of {view.LiveTerms} terms" };
        for (var walk = view.WalkTermsOnce(0); walk.MoveNext();)
        {
            var rows = new List<int>();
            for (var cursor = view.Read(walk.Term); view.MoveToNextLive(ref cursor);)
            {
                rows.Add(view[cursor.Document].Row);
            }

            if (rows.Count > 0)
            {
                lines.Add($"{Encoding.UTF8.GetString(walk.Bytes)}: {string.Join(' ', rows.Order())}");
            }
        }

        return lines;
    }

    // Each row and its vector.
    private static List<string> LinesOf(VectorView view, Snapshot snapshot)
    {
        var lines = new string[snapshot.ConceptRows];
        Array.Fill(lines, "");
        foreach (var block in view.Blocks(0))
        {
            for (var slot = 0; block is not null && slot < VectorBlock.Slots; slot++)
            {
                if ((view.LiveIn(block) >> slot & 1) != 0)
                {
                    lines[block[slot].Row] += string.Create(CultureInfo.InvariantCulture, $"{block[slot].Scale:R} {Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(block.Codes(slot)))}");
                }
            }
        }

        return [$"{view.Count} vectors", .. lines];
    }
}
