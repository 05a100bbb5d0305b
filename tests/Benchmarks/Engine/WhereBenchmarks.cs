using System.Text;
using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Columns;
using Cairn.Query;
using Cairn.Query.Aggregates;
using Cairn.Query.Expressions;

namespace Cairn.Benchmarks.Engine;

/// <summary>Conditions on and values of all of 100,000 concepts, one thread; how many match is checked against the data before any time counts.</summary>
public class WhereBenchmarks
{
    private static readonly Expression Range = ExpressionParser.Parse("salary >= 50000 AND salary < 60000");
    private static readonly Expression Texts = ExpressionParser.Parse("role = 'architect' AND NOT active");

    private static readonly Aggregation CountInRangeByAggregate = new([], [AggregateItem.Create(AggregateFunction.Count, null, null, "")])
    {
        Now = CommitFeed.Start,
        Where = WhereClause.Parse("salary >= 50000 AND salary < 60000", "where"),
    };

    private static readonly Aggregation MeanSalaryByRole = new(
        [FieldName.Parse("role", "")], [AggregateItem.Create(AggregateFunction.Avg, FieldName.Parse("salary", ""), null, "")])
    {
        Now = CommitFeed.Start,
    };

    private static readonly ConceptListing Highest = new() { Now = CommitFeed.Start, OrderBy = OrderBy.Parse("salary desc", ""), Limit = 10 };
    private readonly EngineFixture _fixture = EngineFixture.Instance;

    [GlobalSetup]
    public void Setup()
    {
        RequireMeans();
        Require(CountInRange() == _fixture.Data.Concepts.Count(concept => concept.Salary is >= 50_000 and < 60_000), "the range");
        Require(CountTexts() == _fixture.Data.Concepts.Count(concept => concept.Role.SequenceEqual("architect"u8.ToArray()) && !concept.Active), "the texts");
    }

    [Benchmark]
    [Figure("range of an integer, all concepts", Unit.Microseconds, Must = 200, Aim = 50, Note = "salary >= 50000 AND salary < 60000, counted")]
    public int CountInRange() => Count(Range);

    [Benchmark]
    [Figure("text and bool, all concepts", Unit.Microseconds, Note = "role = 'architect' AND NOT active, counted")]
    public int CountTexts() => Count(Texts);

    [Benchmark]
    [Figure("range counted, all concepts", Unit.Microseconds, Must = 200, Aim = 50, Note = "aggregate: salary >= 50000 AND salary < 60000, count")]
    public long CountRows() => CountInRangeByAggregate.Start(_fixture.Snapshot).Run(CancellationToken.None)[0, 0].Bits;

    [Benchmark]
    [Figure("mean by group, all concepts", Unit.Microseconds, Must = 1000, Aim = 500, Note = "aggregate: avg(salary) by role, 20 groups")]
    public int MeanByGroup() => MeanSalaryByRole.Start(_fixture.Snapshot).Run(CancellationToken.None).Count;

    [Benchmark]
    [Figure("first ten by an integer, all concepts", Unit.Microseconds, Note = "list: orderBy=salary desc, by a pass over all")]
    public int FirstByOrder() => First().Items.Count;

    private void RequireMeans()
    {
        var rows = MeanSalaryByRole.Start(_fixture.Snapshot).Run(CancellationToken.None);
        var expected = _fixture.Data.Concepts.GroupBy(concept => Encoding.UTF8.GetString(concept.Role)).OrderBy(group => group.Key, StringComparer.Ordinal).ToArray();
        Require(rows.Count == expected.Length, "the groups");
        for (var row = 0; row < rows.Count; row++)
        {
            Require(Encoding.UTF8.GetString(rows[row, 0].Bytes) == expected[row].Key, "a group");
            Require(Math.Abs(rows[row, 1].ToValue().AsFloat64 - expected[row].Average(concept => concept.Salary)) < 1e-6, "a mean");
        }

        var first = First().Items[0];
        Require(_fixture.Snapshot.Concept(first).TryGetAttribute("salary"u8, out var salary) && salary.Bits == _fixture.Data.Concepts.Max(concept => concept.Salary), "the first");
        Require(CountRows() == CountInRange(), "the count");
    }

    private RowPage First() => new OrderedScan(Highest, Highest.OrderBy!, _fixture.Snapshot).Run(CancellationToken.None);

    private int Count(Expression expression)
    {
        var (snapshot, count) = (_fixture.Snapshot, 0);
        var evaluator = new GroupEvaluator(snapshot, CommitFeed.Start, expression, new());
        for (var first = 0; first < snapshot.ConceptRows; first += Page.Rows)
        {
            var rows = Math.Min(Page.Rows, snapshot.ConceptRows - first);
            var existing = rows == Page.Rows ? UInt128.MaxValue : (UInt128.One << rows) - 1;
            count += (int)UInt128.PopCount(evaluator.Evaluate(first / Page.Rows, existing).True & existing);
        }

        return count;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what + " is wrong");
        }
    }
}
