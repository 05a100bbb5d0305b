using System.Diagnostics;
using System.Globalization;
using Cairn.Benchmarks.Reporting;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Vectors;

namespace Cairn.Benchmarks.Vectors;

/// <summary>Vector search against an exact one: how many of the ten nearest it finds and how fast, what adding takes, and memory. One thread, the index alone.</summary>
internal sealed class VectorsCommand(VectorData data)
{
    private const int Limit = 10;
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(1);
    private static readonly VectorSpec Spec = new(VectorData.Dimensions, VectorMetric.Cosine);
    private readonly int[][] _rowsOfLabel = [.. Enumerable.Range(0, VectorData.Labels).Select(data.RowsWith)];
    private readonly List<string[]> _rows = [];

    private readonly struct AllRows : IRowFilter
    {
        public bool Accepts(int row) => true;
    }

    public static int Run(Options options)
    {
        if (options.Has("--cpu-time"))
        {
            ThreadClock.UseCpuTime();
        }

        Console.WriteLine(Hardware.Line());
        int[] counts = options.Value("--vectors") is { } count ? [int.Parse(count, CultureInfo.InvariantCulture)] : [10_000, 100_000];
        List<string[]> rows = [];
        foreach (var vectors in counts)
        {
            var command = new VectorsCommand(new(vectors, queries: vectors > 500_000 ? 100 : 300));
            command.Measure();
            rows.AddRange(command._rows);
        }

        FigureTable.PrintRows(Console.Out, ["vectors", "figure", "value", "how"], rows);
        return 0;
    }

    private void Measure()
    {
        var index = new VectorIndex(Spec);
        Note("add, one cluster", Rate(data.Count, TimeOf(() => PutAll(index))), "");
        if (index.WantsRebuild)
        {
            Searches("top 10, one cluster", query => Search(index.Publish(), query, new AllRows()), null);
            index = Rebuild(index);
            Note("add, by cluster", Rate(data.Count, TimeOf(() => PutAll(index))), $"{index.Clusters} clusters; every vector is replaced");
            index = Rebuild(index);
        }

        Note("memory", $"{index.Bytes / (double)data.Count:N0} B", $"a vector, beside {VectorData.Dimensions * sizeof(float)} B of the original");
        var view = index.Publish();
        Searches("top 10", query => Search(view, query, new AllRows()), static _ => null);
        Searches("top 10 with a label", query => Labelled(view, query), query => _rowsOfLabel[LabelOf(query)]);
        for (var label = 0; label < VectorData.Labels; label++)
        {
            var (rows, filter) = (_rowsOfLabel[label], data.With(label));
            Searches($"  {100d * rows.Length / data.Count:N0} %, by index", query => Search(view, query, filter), _ => rows);
            Searches($"  {100d * rows.Length / data.Count:N0} %, by list", query => Listed(query, rows), null);
        }
    }

    private void PutAll(VectorIndex index)
    {
        for (var row = 0; row < data.Count; row++)
        {
            index.Put(row, data.Vector(row));
        }
    }

    private VectorIndex Rebuild(VectorIndex index)
    {
        var rebuild = index.Rebuild(index.Publish());
        var (all, longest) = (0L, 0L);
        for (var isOver = false; !isOver;)
        {
            var nanoseconds = TimeOf(() => isOver = !rebuild.Step());
            (all, longest) = (all + nanoseconds, Math.Max(longest, nanoseconds));
        }

        index = rebuild.Run();
        Note("rebuild", $"{all / 1e9:N2} s", $"longest step {longest / 1e6:N2} ms; {index.Clusters} clusters, {index.Publish().Clustering.Plan.Probes(Limit):N0} looked into");
        return index;
    }

    private static int LabelOf(int query) => query % VectorData.Labels;

    private IReadOnlyList<RankedRow> Search<TFilter>(VectorView view, int query, TFilter filter)
        where TFilter : IRowFilter =>
        new VectorSearch<VectorData, TFilter>(view, new(data.Queries[query], Spec), data, data.Ids, filter, Limit).Run(default);

    private IReadOnlyList<RankedRow> Listed(int query, int[] rows) =>
        new ListedVectorSearch<VectorData>(new(data.Queries[query], Spec), data, data.Ids, rows, Limit).Run(default);

    private IReadOnlyList<RankedRow> Labelled(VectorView view, int query)
    {
        var label = LabelOf(query);
        return ListedVectorSearch<VectorData>.MostRows(view.Count) >= _rowsOfLabel[label].Length
            ? Listed(query, _rowsOfLabel[label]) : Search(view, query, data.With(label));
    }

    // Recall against the exact answer among some rows; null: all of them. Without that function only time is measured.
    private void Searches(string name, Func<int, IReadOnlyList<RankedRow>> search, Func<int, int[]?>? rowsOf)
    {
        var found = 0;
        for (var query = 0; query < data.Queries.Length && rowsOf is not null; query++)
        {
            var truth = Listed(query, rowsOf(query) ?? [.. Enumerable.Range(0, data.Count)]).Select(static hit => hit.Row).ToHashSet();
            found += search(query).Count(hit => truth.Contains(hit.Row));
        }

        var (count, query0) = (0, 0);
        var nanoseconds = 0L;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Measuring; count++)
        {
            nanoseconds += TimeOf(() => search(query0));
            query0 = (query0 + 1) % data.Queries.Length;
        }

        Note(name, Rate(count, nanoseconds), rowsOf is null ? "" : $"recall@10 {found / (double)(Limit * data.Queries.Length):N4}");
    }

    private static long TimeOf(Action work)
    {
        var start = ThreadClock.Nanoseconds();
        work();
        return ThreadClock.Nanoseconds() - start;
    }

    private static string Rate(int count, long nanoseconds) => $"{count * 1e9 / nanoseconds:N0}/s";

    private void Note(string figure, string value, string how) => _rows.Add([$"{data.Count:N0}", figure, value, how]);
}
