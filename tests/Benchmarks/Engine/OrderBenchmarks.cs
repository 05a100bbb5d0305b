using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Query;
using Cairn.Query.Expressions;
using Cairn.Query.Orders;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Engine;

/// <summary>Lists of 100,000 concepts in the kept order of an integer, one thread; answers are checked against a pass over all before any time counts.</summary>
public class OrderBenchmarks
{
    private const int Changed = 20;
    private static readonly FieldReference Salary = new(ConceptField.Attribute, "salary"u8.ToArray(), []);

    private static readonly ConceptListing Range = new()
    {
        Now = CommitFeed.Start,
        Where = WhereClause.Parse("salary >= 50000 AND salary < 60000", "where"),
        OrderBy = OrderBy.Parse("salary", ""),
        Limit = 100,
        Counts = true,
    };

    private static readonly ConceptListing Highest = new() { Now = CommitFeed.Start, OrderBy = OrderBy.Parse("salary desc", ""), Limit = 10 };
    private readonly EngineFixture _fixture = EngineFixture.Instance;
    private FieldOrder? _order;
    private Snapshot? _later;

    [GlobalSetup]
    public void Setup()
    {
        _order = Build();
        foreach (var listing in new[] { Range, Highest })
        {
            for (var use = 0; use <= OrderSlot.FirstBuild; use++)
            {
                var (walked, all) = (listing.Run(_fixture.Snapshot, CancellationToken.None), new OrderedScan(listing, listing.OrderBy!, _fixture.Snapshot).Run(CancellationToken.None));
                Require(walked.Items.SequenceEqual(all.Items) && walked.Count == all.Count, listing.OrderBy!.Text);
            }
        }

        var (writer, random) = (new CommitWriter(default), new SeededRandom(6));
        CommitFeed.Begin(writer);
        for (var i = 0; i < Changed; i++)
        {
            CommitFeed.PatchSalary(writer, _fixture.Key(random.Below(int.MaxValue)), random.Below(100_000));
        }

        _fixture.Space.Apply(writer.Finish());
        _later = _fixture.Space.Publish();
        Require(Bring() == _order.Rows.Count, "the order of the later snapshot");
    }

    [Benchmark]
    [Figure("range of an integer in its order: first 100 and count", Unit.Microseconds, Note = "list: salary >= 50000 AND salary < 60000, orderBy=salary, the order is kept")]
    public int RangeInOrder() => Range.Run(_fixture.Snapshot, CancellationToken.None).Items.Count;

    [Benchmark]
    [Figure("the same by a pass over all concepts", Unit.Microseconds)]
    public int RangeByPass() => new OrderedScan(Range, Range.OrderBy!, _fixture.Snapshot).Run(CancellationToken.None).Items.Count;

    [Benchmark]
    [Figure("first ten by an integer, the order is kept", Unit.Microseconds, Note = "list: orderBy=salary desc")]
    public int HighestInOrder() => Highest.Run(_fixture.Snapshot, CancellationToken.None).Items.Count;

    [Benchmark]
    [Figure("build the order of an integer", Unit.Microseconds, Note = "100,000 concepts")]
    public int BuildOrder() => Build().Rows.Count;

    [Benchmark]
    [Figure("bring an order to a snapshot with 20 changed", Unit.Microseconds, Note = "of 100,000, at random")]
    public int Bring()
    {
        var after = _order!.Image.TryTakeOf(_later!, Salary)!;
        var update = new FieldOrderUpdate(_order, after, _order.Image.TryCompare(after, 1_000)!, _later!.Ids);
        while (update.Step())
        {
        }

        return update.Result!.Rows.Count;
    }

    private FieldOrder Build()
    {
        var build = new FieldOrderBuild(FieldImage.TryTake(_fixture.Snapshot, Salary)!, _fixture.Snapshot.Ids);
        while (build.Step())
        {
        }

        return build.Result!;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what + " is wrong");
        }
    }
}
