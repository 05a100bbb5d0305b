using System.Numerics;
using System.Text;
using Cairn.Domain.Tests.Query.Expressions;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Aggregates;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

public sealed class AggregationTests
{
    private static readonly (string Text, Func<Concept, Value?> Read)[] Fields =
    [
        ("a", concept => Attribute(concept, "a")),
        ("b", concept => Attribute(concept, "b")),
        ("n", concept => Attribute(concept, "n")),
        ("t", concept => Attribute(concept, "t")),
        ("attributes.\"c\"", concept => Attribute(concept, "c")),
        ("o.x", concept => Attribute(concept, "o") is { Kind: ValueKind.Object } o ? o.AsObject["x"] : (Value?)null),
        ("missing", _ => null),
        ("strength", concept => (double)concept.Strength),
        ("validFrom", concept => concept.ValidFrom is { } from ? from : (Value?)null),
        ("content", concept => concept.Content is { } content ? content : (Value?)null),
        ("id", concept => concept.Id),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Rows_WhenDataAndRequestAreRandom_AreThoseOfTheNaiveReading() => Properties.CheckRandom(80, random =>
    {
        var replay = new ReplayHarness();
        if (random.Next(3) == 0)
        {
            FillColumns(replay);
        }

        var (conditions, concepts) = (new RandomCondition(random), new List<Concept>());
        for (var i = random.Next(0, 400); i > 0; i--)
        {
            concepts.Add(Random(concepts.Count, random, conditions));
        }

        replay.Commit(writer => concepts.ForEach(concept => writer.Put(concept, OnExists.Replace)));
        replay.Commit(writer =>
        {
            writer.Delete("gone"u8, OnMissing.Skip);
            writer.Associate(new Association { Key = new("implied", "is", "implied") }, OnExists.Replace, MissingEndpoints.Imply);
        });
        var (snapshot, now) = (replay.Publish(), replay.Now.Plus(TimeSpan.FromMinutes(1)));
        for (var i = 0; i < 15; i++)
        {
            var (where, holds) = conditions.Next(random.Next(3));
            var validAt = random.Next(3) == 0 ? new Timestamp(1) : (Timestamp?)null;
            var labels = random.Next(3) == 0 ? new[] { "x", "y" } : [];
            var keys = Enumerable.Range(0, random.Next(4)).Select(_ => Fields[random.Next(random.Next(2) == 0 ? Fields.Length : 4)]).DistinctBy(key => key.Text).ToArray();
            var items = Enumerable.Range(0, random.Next(keys.Length == 0 ? 1 : 0, 4)).Select(at => (Of: Fields[random.Next(Fields.Length)], Function: (AggregateFunction)random.Next(5), As: $"v{at}")).ToArray();
            var aggregation = new Aggregation(
                [.. keys.Select(key => FieldName.Parse(key.Text, "/groupBy"))],
                [.. items.Select(item => AggregateItem.Create(item.Function, FieldName.Parse(item.Of.Text, "/of"), item.As, "/select"))])
            {
                Now = now,
                ValidAt = validAt,
                Labels = CodeFilter.OfLabels(snapshot, labels),
                Where = WhereClause.Parse(where, "where"),
                Limit = Limits.AggregateRows,
            };
            var matching = concepts.Where(concept => concept.Id != "gone" && !(concept.ExpiresAt <= now) && holds(concept) == true
                && (labels.Length == 0 || concept.Labels.Intersect(labels).Any())
                && (validAt is not { } at || concept.ValidFrom is not { } from || from <= at)).ToList();
            Check(aggregation, snapshot, matching, keys, items);
        }
    });

    [Theory]
    [InlineData("sum_n desc", "b a c")]
    [InlineData("count, t desc", "c b a")]
    [InlineData("min_n", "c a b")]
    [InlineData("\"t\" desc", "c b a")]
    [InlineData("avg_n desc , t", "b a c")]
    public void Rows_WhenOrdered_ComeInThatOrder(string orderBy, string expected)
    {
        var replay = new ReplayHarness();
        replay.Commit(writer =>
        {
            Put(writer, "1", ("t", "a"), ("n", 5));
            Put(writer, "2", ("t", "a"), ("n", -1));
            Put(writer, "3", ("t", "b"), ("n", 9));
            Put(writer, "4", ("t", "b"));
            Put(writer, "5", ("t", "c"), ("n", -2));
        });
        var snapshot = replay.Publish();
        AggregateItem[] items =
        [
            Item(AggregateFunction.Count), Item(AggregateFunction.Sum, "n"), Item(AggregateFunction.Avg, "n"), Item(AggregateFunction.Min, "n"),
        ];

        var rows = new Aggregation([FieldName.Parse("t", "/groupBy/0")], items, orderBy) { Now = replay.Now }.Start(snapshot).Run(Token);
        var first = new Aggregation([FieldName.Parse("t", "/groupBy/0")], items, orderBy) { Now = replay.Now, Limit = 1 }.Start(snapshot).Run(Token);

        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, rows.Count).Select(row => rows[row, 0].ToValue().AsString)));
        Assert.Equal((1, expected[..1]), (first.Count, first[0, 0].ToValue().AsString));
    }

    [Fact]
    public void Sum_WhenPast64Bits_IsRefusedWithTheItem()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer =>
        {
            Put(writer, "1", ("i", long.MaxValue), ("f", double.MaxValue));
            Put(writer, "2", ("i", 1), ("f", double.MaxValue));
            Put(writer, "3", ("i", -1), ("less", 1));
            Put(writer, "4", ("i", long.MaxValue));
        });
        var snapshot = replay.Publish();

        foreach (var field in new[] { "i", "f" })
        {
            var refusal = Assert.Throws<CairnException>(() => Run(snapshot, replay.Now, null, [Item(AggregateFunction.Sum, field)]));
            Assert.Equal((ErrorKind.Invalid, "limit", "/select/0"), (refusal.Kind, refusal.Problem, refusal.Field));
        }

        var means = Run(snapshot, replay.Now, null, [Item(AggregateFunction.Avg, "i"), Item(AggregateFunction.Avg, "f"), Item(AggregateFunction.Max, "i")]);
        Assert.Equal(long.MaxValue / 2.0, means[0, 0].ToValue().AsFloat64);
        Assert.Equal(double.MaxValue, means[0, 1].ToValue().AsFloat64);
        Assert.Equal(long.MaxValue, means[0, 2].ToValue().AsInt64);
        Assert.Equal(long.MaxValue, Run(snapshot, replay.Now, "id <= '3'", [Item(AggregateFunction.Sum, "i")])[0, 0].ToValue().AsInt64);
    }

    /// <summary>So large that sums of 64 bits have to be gathered on the way, and some larger still.</summary>
    [Fact]
    public void Sum_WhenOfManyLargeIntegers_IsExact()
    {
        var (replay, random) = (new ReplayHarness(), new Random(7));
        var numbers = Enumerable.Range(0, 60_000).Select(i => i % 5000 == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : (1L << 48) + random.Next()).ToArray();
        foreach (var chunk in Enumerable.Range(0, numbers.Length).Chunk(10_000))
        {
            replay.Commit(writer => Array.ForEach(chunk, i => Put(writer, $"c{i}", ("n", numbers[i]), ("g", i % 3))));
        }

        var snapshot = replay.Publish();
        var rows = new Aggregation([FieldName.Parse("g", "/groupBy/0")], [Item(AggregateFunction.Avg, "n")]) { Now = replay.Now }.Start(snapshot).Run(Token);

        for (var group = 0; group < 3; group++)
        {
            var all = numbers.Where((_, i) => i % 3 == group).ToArray();
            var exact = all.Aggregate(BigInteger.Zero, (sum, number) => sum + number);
            Assert.Equal(1, (double)exact / all.Length / rows[group, 1].ToValue().AsFloat64, 1e-15);
        }
    }

    [Fact]
    public void Groups_WhenThereAreTooMany_AreRefusedWithTheLimit()
    {
        var replay = new ReplayHarness();
        foreach (var chunk in Enumerable.Range(0, Limits.AggregateGroups + 1).Chunk(10_000))
        {
            replay.Commit(writer => Array.ForEach(chunk, i => Put(writer, $"c{i}", ("n", i))));
        }

        var snapshot = replay.Publish();
        FieldName[] keys = [FieldName.Parse("n", "/groupBy/0")];
        var nine = Enumerable.Range(0, 9).Select(i => AggregateItem.Create(AggregateFunction.Max, FieldName.Parse("n", "/of"), $"m{i}", "/select")).ToArray();

        var refusal = Assert.Throws<CairnException>(() => new Aggregation(keys, []) { Now = replay.Now }.Start(snapshot).Run(Token));
        Assert.Equal(("limit", "/groupBy", 100_000L), (refusal.Problem, refusal.Field, refusal.Limit));
        refusal = Assert.Throws<CairnException>(() => new Aggregation(keys, nine) { Now = replay.Now }.Start(snapshot).Run(Token));
        Assert.Equal(("limit", "/groupBy", 500_000L / 9), (refusal.Problem, refusal.Field, refusal.Limit));
        var rows = new Aggregation(keys, [], "n desc") { Now = replay.Now, Where = WhereClause.Parse("n > 0", "where"), Limit = 3 }.Start(snapshot).Run(Token);
        Assert.Equal([100_000, 99_999, 99_998], Enumerable.Range(0, rows.Count).Select(row => rows[row, 0].ToValue().AsInt64));
    }

    [Theory]
    [InlineData("list", null, "/groupBy/0")]
    [InlineData("o", null, "/groupBy/0")]
    [InlineData("o.list,t", null, "/groupBy/0")]
    [InlineData("bagged", null, "/groupBy/0")]
    [InlineData("t", "list", "/of")]
    [InlineData("t", "bagged", "/of")]
    public void Rows_WhenAValueIsAnArrayOrObject_AreRefusedWithFieldAndConcept(string groupBy, string? minOf, string field)
    {
        var replay = new ReplayHarness();
        FillColumns(replay, leave: 3);
        replay.Commit(writer =>
        {
            Put(writer, "bad", ("list", new Value[] { 1 }), ("o", Value.Object(new Dictionary<string, Value> { ["list"] = new Value[] { 1 } })), ("t", "x"));
            Put(writer, "bad too", ("bagged", new Value[] { 1 }));
        });
        var keys = groupBy.Split(',').Select((name, at) => FieldName.Parse(name, $"/groupBy/{at}")).ToArray();
        var aggregation = new Aggregation(keys, minOf is null ? [] : [Item(AggregateFunction.Min, minOf)]) { Now = replay.Now };

        var refusal = Assert.Throws<CairnException>(() => aggregation.Start(replay.Publish()).Run(Token));

        Assert.Equal((ErrorKind.Invalid, field), (refusal.Kind, refusal.Field));
        Assert.Contains("'bad", refusal.Message, StringComparison.Ordinal);
        var counted = Run(replay.Publish(), replay.Now, null, [Item(AggregateFunction.Count, "list"), Item(AggregateFunction.Sum, "list"), Item(AggregateFunction.Count, "labels")]);
        Assert.Equal((1, ValueKind.Null, 2), (counted[0, 0].Bits, counted[0, 1].Kind, counted[0, 2].Bits));
    }

    [Fact]
    public void Aggregation_WhenWrong_IsRefusedWithTheField()
    {
        static string? Fault(Func<object> make) => Assert.Throws<CairnException>(make).Field;
        FieldName Name(string text) => FieldName.Parse(text, "/name");
        var count = AggregateItem.Create(AggregateFunction.Count, null, null, "/select/0");
        Aggregation Of(FieldName[] keys, AggregateItem[] items, string? order = null) => new(keys, items, order, "/orderBy") { Now = default };

        Assert.Equal("/select/0", Fault(() => AggregateItem.Create(AggregateFunction.Max, null, null, "/select/0")));
        Assert.Equal("/name", Fault(() => AggregateItem.Create(AggregateFunction.Sum, Name("labels"), null, "/select/0")));
        Assert.Equal("/select/0/as", Fault(() => AggregateItem.Create(AggregateFunction.Count, null, "", "/select/0")));
        Assert.Equal("/select/0/as", Fault(() => AggregateItem.Create(AggregateFunction.Count, null, new string('é', 65), "/select/0")));
        Assert.Equal("/select", Fault(() => Of([], [])));
        Assert.Equal("/select/0", Fault(() => Of([], [count, count])));
        Assert.Equal("/select/0", Fault(() => Of([Name("count")], [count])));
        Assert.Equal("/name", Fault(() => Of([Name("a"), Name("a")], [])));
        Assert.Equal("/name", Fault(() => Of([Name("labels")], [])));
        Assert.Equal("/groupBy", Fault(() => Of([.. Enumerable.Range(0, 9).Select(i => Name($"n{i}"))], [])));
        Assert.Equal("/select", Fault(() => Of([], [.. Enumerable.Range(0, 33).Select(i => AggregateItem.Create(AggregateFunction.Count, null, $"n{i}", "/select/0"))])));
        foreach (var order in new[] { "", "n", "count down", "count,", "count desc desc", "a.b", "\"a\".b", "'count'", "1" })
        {
            Assert.Equal("/orderBy", Fault(() => Of([Name("a")], [count], order)));
        }

        Assert.Equal([(0, true), (1, false), (2, true)], Of([Name("a.b"), Name("attributes.\"c d\"")], [AggregateItem.Create(AggregateFunction.Count, null, "e f", "")], "a.b  desc,attributes.\"c d\" ASC,\"e f\" DESC").Order);
    }

    [Fact]
    public void Rows_WhenMoreAreVisited_AllocateNoMore()
    {
        var (small, large) = (Allocated(2_000), Allocated(20_000));

        Assert.InRange(large, 0, small + 256);
    }

    private static long Allocated(int concepts)
    {
        var replay = new ReplayHarness();
        foreach (var chunk in Enumerable.Range(0, concepts).Chunk(5000))
        {
            replay.Commit(writer => Array.ForEach(chunk, i => Put(writer, $"c{i:D5}", ("n", i * 7919 % 100), ("t", $"text {i * 31 % 40}"), ("f", i / 3.0), ("s", $"{i % 7} is {new string('l', 70)}"))));
        }

        var snapshot = replay.Publish();
        Aggregation[] aggregations =
        [
            Of(replay, "t", (AggregateFunction.Avg, "n"), (AggregateFunction.Sum, "f"), (AggregateFunction.Max, "s"), (AggregateFunction.Count, "n")),
            Of(replay, "n", (AggregateFunction.Min, "t"), (AggregateFunction.Max, "createdAt"), (AggregateFunction.Count, null)),
            Of(replay, "s,t", (AggregateFunction.Sum, "strength")),
        ];
        return AllocatedBytes.Least(() =>
        {
            foreach (var aggregation in aggregations)
            {
                Assert.InRange(aggregation.Start(snapshot).Run(Token).Count, 40, 280);
            }
        });
    }

    private static Aggregation Of(ReplayHarness replay, string groupBy, params (AggregateFunction Function, string? Of)[] items) => new(
        [.. groupBy.Split(',').Select(name => FieldName.Parse(name, "/groupBy"))],
        [.. items.Select(item => Item(item.Function, item.Of))])
    {
        Now = replay.Now,
        Where = WhereClause.Parse("n < 90", "where"),
    };

    private static void Check(
        Aggregation aggregation,
        Snapshot snapshot,
        List<Concept> matching,
        (string Text, Func<Concept, Value?> Read)[] keys,
        ((string Text, Func<Concept, Value?> Read) Of, AggregateFunction Function, string As)[] items)
    {
        int Compare(Concept x, Concept y) => keys.Select(key => NaiveValues.Sort(key.Read(x), key.Read(y), descending: false)).FirstOrDefault(order => order != 0);
        var groups = new List<List<Concept>>();
        foreach (var concept in matching)
        {
            var group = groups.Find(group => Compare(group[0], concept) == 0);
            if (group is null)
            {
                groups.Add(group = []);
            }

            group.Add(concept);
        }

        groups.Sort((x, y) => Compare(x[0], y[0]));
        if (keys.Length == 0 && groups.Count == 0)
        {
            groups.Add([]);
        }

        var text = $"{string.Join(',', keys.Select(key => key.Text))}: {string.Join(',', items.Select(item => $"{item.Function} of {item.Of.Text}"))} where {aggregation.Where!.Text}";
        var isPast = items.Any(item => item.Function == AggregateFunction.Sum && groups.Exists(group => !TrySum(group.Select(item.Of.Read), out _)));
        if (isPast)
        {
            Assert.Equal("limit", Assert.Throws<CairnException>(() => aggregation.Start(snapshot).Run(Token)).Problem);
            return;
        }

        var rows = aggregation.Start(snapshot).Run(Token);
        Assert.True(groups.Count == rows.Count, $"{text}: {rows.Count} rows, not {groups.Count}");
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < keys.Length + items.Length; column++)
            {
                var expected = column < keys.Length
                    ? First(groups[row].Select(keys[column].Read))
                    : Naive(items[column - keys.Length].Function, groups[row].Select(items[column - keys.Length].Of.Read));
                var inexact = column >= keys.Length && items[column - keys.Length].Function is AggregateFunction.Sum or AggregateFunction.Avg
                    ? 1e-14 * groups[row].Count * groups[row].Select(items[column - keys.Length].Of.Read).Sum(Magnitude)
                    : 0;
                Assert.True(AreSame(expected, rows[row, column].ToValue(), inexact), $"{text}: row {row}, column {column}");
            }
        }
    }

    private static Value? Naive(AggregateFunction function, IEnumerable<Value?> all)
    {
        var values = all.Where(value => value is { Kind: not ValueKind.Null }).ToList();
        var numbers = values.Where(value => value!.Value.Kind is ValueKind.Int64 or ValueKind.Float64).ToList();
        switch (function)
        {
            case AggregateFunction.Count:
                return values.Count;
            case AggregateFunction.Sum:
                TrySum(numbers, out var sum);
                return sum;
            case AggregateFunction.Avg:
                return numbers.Count == 0 ? null : numbers.Sum(number => AsFloat(number!.Value) / numbers.Count);
            default:
                values.Sort((x, y) => NaiveValues.Sort(x, y, descending: function == AggregateFunction.Max));
                return values.Count == 0 ? null : First(values.Where(value => NaiveValues.Sort(value, values[0], descending: false) == 0));
        }
    }

    // Of equal values the one that is shown: an integer before a float, 0.0 before -0.0.
    private static Value? First(IEnumerable<Value?> equal) => equal.OrderBy(value => value switch
    {
        { Kind: ValueKind.Int64 } => 0,
        { Kind: ValueKind.Float64 } number when double.IsNegative(number.AsFloat64) => 2,
        _ => 1,
    }).First() is { Kind: ValueKind.Float64, AsFloat64: 0 } ? 0.0 : equal.OrderBy(value => value is { Kind: ValueKind.Int64 } ? 0 : 1).First();

    private static bool TrySum(IEnumerable<Value?> values, out Value? sum)
    {
        var numbers = values.Where(value => value is { Kind: ValueKind.Int64 or ValueKind.Float64 }).Select(value => value!.Value).ToList();
        sum = null;
        if (numbers.Count == 0)
        {
            return true;
        }

        if (numbers.TrueForAll(number => number.Kind == ValueKind.Int64))
        {
            var exact = numbers.Aggregate(BigInteger.Zero, (total, number) => total + number.AsInt64);
            var fits = exact >= long.MinValue && exact <= long.MaxValue;
            sum = fits ? (long)exact : null;
            return fits;
        }

        sum = numbers.Sum(AsFloat);
        return true;
    }

    private static double AsFloat(Value number) => number.Kind == ValueKind.Int64 ? number.AsInt64 : number.AsFloat64;

    private static double Magnitude(Value? value) => value is { Kind: ValueKind.Int64 or ValueKind.Float64 } number ? Math.Abs(AsFloat(number)) : 0;

    // Sums of floats depend on their order.
    private static bool AreSame(Value? expected, Value actual, double inexact) => (expected?.Kind ?? ValueKind.Null) == actual.Kind && (actual.Kind switch
    {
        ValueKind.Null => true,
        ValueKind.Float64 when inexact > 0 => Math.Abs(expected!.Value.AsFloat64 - actual.AsFloat64) <= inexact,
        ValueKind.Float64 => BitConverter.DoubleToInt64Bits(expected!.Value.AsFloat64) == BitConverter.DoubleToInt64Bits(actual.AsFloat64),
        _ => NaiveValues.Compare(expected, actual) == 0,
    });

    private static AggregateRows Run(Snapshot snapshot, Timestamp now, string? where, AggregateItem[] items) =>
        new Aggregation([], items) { Now = now, Where = where is null ? null : WhereClause.Parse(where, "where") }.Start(snapshot).Run(Token);

    private static AggregateItem Item(AggregateFunction function, string? of = null) =>
        AggregateItem.Create(function, of is null ? null : FieldName.Parse(of, "/of"), null, "/select/0");

    private static void Put(CommitWriter writer, string id, params (string Name, Value Value)[] attributes) =>
        writer.Put(new Concept { Id = id, Attributes = attributes.ToDictionary(attribute => attribute.Name, attribute => attribute.Value) }, OnExists.Replace);

    // So that what comes behind lives in bags.
    private static void FillColumns(ReplayHarness replay, int leave = 5)
    {
        foreach (var names in Enumerable.Range(0, Limits.AttributeColumns - leave).Chunk(200))
        {
            replay.Commit(writer => Put(writer, "filler", [.. names.Select(number => ($"filler{number}", (Value)number))]));
        }

        replay.Commit(writer => writer.Delete("filler"u8, OnMissing.Fail));
    }

    private static Concept Random(int number, Random random, RandomCondition conditions)
    {
        var attributes = new Dictionary<string, Value>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            if (random.Next(4) > 0)
            {
                attributes[name] = random.Next(9) == 0 ? new byte[] { (byte)random.Next(3) } : conditions.Scalar();
            }
        }

        if (random.Next(2) == 0)
        {
            attributes["o"] = Value.Object(new Dictionary<string, Value> { ["x"] = conditions.Scalar() });
        }

        attributes["n"] = random.Next(10) == 0 ? (Value)(random.Next(5) / 2.0) : random.Next(5);
        attributes["t"] = random.Next(10) == 0 ? new string('t', 70) + random.Next(2) : $"t{random.Next(5)}";
        return new()
        {
            Id = number == 7 ? "gone" : $"n{number}",
            Labels = random.Next(3) == 0 ? [] : random.Next(2) == 0 ? ["z", "x"] : ["z"],
            Attributes = attributes,
            Strength = random.Next(3) / 2f,
            ValidFrom = random.Next(2) == 0 ? null : new Timestamp(random.Next(3)),
            ExpiresAt = random.Next(9) == 0 ? Timestamp.From(new DateTimeOffset(2026, 1, 1, 0, 0, random.Next(3), TimeSpan.Zero)) : null,
            Content = random.Next(2) == 0 ? "short" : null,
        };
    }

    private static Value? Attribute(Concept concept, string name) => concept.Attributes.TryGetValue(name, out var value) ? value : (Value?)null;
}
