using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Columns;
using Cairn.Query.Expressions;

namespace Cairn.Benchmarks.Engine;

/// <summary>Conditions on all of 100,000 concepts, one thread; how many match is checked against the data before any time counts.</summary>
public class WhereBenchmarks
{
    private static readonly Expression Range = ExpressionParser.Parse("salary >= 50000 AND salary < 60000");
    private static readonly Expression Texts = ExpressionParser.Parse("role = 'architect' AND NOT active");
    private readonly EngineFixture _fixture = EngineFixture.Instance;

    [GlobalSetup]
    public void Setup()
    {
        Require(CountInRange() == _fixture.Data.Concepts.Count(concept => concept.Salary is >= 50_000 and < 60_000), "the range");
        Require(CountTexts() == _fixture.Data.Concepts.Count(concept => concept.Role.SequenceEqual("architect"u8.ToArray()) && !concept.Active), "the texts");
    }

    [Benchmark]
    [Figure("range of an integer, all concepts", Unit.Microseconds, Must = 200, Aim = 50, Note = "salary >= 50000 AND salary < 60000, counted")]
    public int CountInRange() => Count(Range);

    [Benchmark]
    [Figure("text and bool, all concepts", Unit.Microseconds, Note = "role = 'architect' AND NOT active, counted")]
    public int CountTexts() => Count(Texts);

    private int Count(Expression expression)
    {
        var (snapshot, count) = (_fixture.Snapshot, 0);
        var evaluator = new GroupEvaluator(snapshot, CommitFeed.Start);
        for (var first = 0; first < snapshot.ConceptRows; first += Page.Rows)
        {
            var rows = Math.Min(Page.Rows, snapshot.ConceptRows - first);
            var existing = rows == Page.Rows ? UInt128.MaxValue : (UInt128.One << rows) - 1;
            count += (int)UInt128.PopCount(evaluator.Evaluate(expression, first / Page.Rows, existing).True & existing);
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
