using System.Text;
using Cairn.Domain.Tests.Query.Expressions;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Orders;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query.Orders;

/// <summary>What a walk over an order answers is what a pass over all concepts does.</summary>
public sealed class OrderWalkTests
{
    private static readonly string[] Orders =
    [
        "a", "a desc", "b, id", "attributes.c desc", "n", "n desc", "n desc, id", "t", "t desc", "version desc", "createdAt", "updatedAt desc", "reinforcedAt, id", "missing",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Pages_WhenDataWritesAndConditionsAreRandom_AreThoseOfAPassOverAll() => Properties.CheckRandom(80, random =>
    {
        var (replay, conditions) = (new ReplayHarness(), new RandomCondition(random));
        var snapshots = new List<Snapshot>();
        var (size, hasUnordered) = (random.Next(1, 700), random.Next(6) == 0);
        for (var round = 0; round < 6; round++)
        {
            replay.Now = replay.Now.Plus(TimeSpan.FromSeconds(random.Next(3)));
            for (var i = random.Next(round == 0 ? size : random.Next(2) == 0 ? 12 : size); i >= 0; i--)
            {
                Write(replay, random, conditions, size, hasUnordered);
            }

            replay.State.Concepts.Compact(100);
            snapshots.Add(replay.Publish());
            var orders = Enumerable.Range(0, 2).Select(_ => Orders[random.Next(Orders.Length)]).ToArray();
            for (var i = 0; i < 8; i++)
            {
                var snapshot = snapshots[random.Next(4) == 0 ? random.Next(snapshots.Count) : ^1];
                RequireSame(Listing(replay, random, conditions, orders[i % 2]), snapshot);
            }
        }
    });

    /// <summary>So that the comparison above is none of the pass with itself.</summary>
    [Theory]
    [InlineData("n", "n >= 100 AND n < 200", 100)]
    [InlineData("n desc", "n BETWEEN 100 AND 199 AND n < 150", 50)]
    [InlineData("t", "t > 'text 0500'", 5_000)]
    [InlineData("n desc", null, 10_000)]
    [InlineData("n", "n > 100 AND even", 4_949)]
    public void Page_WhenAskedForAgain_VisitsLittle(string orderBy, string? where, long count)
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Enumerable.Range(0, 10_000).ToList().ForEach(i => Put(writer, i, i)));
        var snapshot = replay.Publish();
        var listing = new ConceptListing
        {
            Now = replay.Now,
            OrderBy = OrderBy.Parse(orderBy, "orderBy"),
            Where = where is null ? null : WhereClause.Parse(where, "where"),
            Limit = 10,
        };
        for (var use = 1; use < OrderSlot.FirstBuild; use++)
        {
            var first = listing.Start(snapshot);
            first.Run(Token);
            Assert.Equal(10_000, first.RowsVisited);
            Assert.Equal(0, snapshot.Kept<FieldOrders>().Bytes);
        }

        listing.Run(snapshot, Token);
        var again = listing.Start(snapshot);
        again.Run(Token);

        Assert.InRange(again.RowsVisited, 11, 60);
        Assert.InRange(snapshot.Kept<FieldOrders>().Bytes, 40_000, 50_000);
        Assert.Equal(count, (listing with { Counts = true }).Run(snapshot, Token).Count);
    }

    [Fact]
    public void Page_WhenFewChanged_WalksTheOrderOnThatSnapshotToo()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Enumerable.Range(0, 5_000).ToList().ForEach(i => Put(writer, i, i)));
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("n desc", "orderBy"), Limit = 3 };
        var before = replay.Publish();
        for (var use = 0; use < 3; use++)
        {
            Assert.Equal([4_999, 4_998, 4_997], listing.Run(before, Token).Items);
        }

        replay.Commit(writer =>
        {
            Put(writer, 17, 5_001);
            Put(writer, 5_000, 5_000);
            writer.Delete("c04999"u8, OnMissing.Fail);
        });
        var after = replay.Publish();
        var (later, earlier) = (listing.Start(after), listing.Start(before));

        Assert.Equal([17, 5_000, 4_998], later.Run(Token).Items);
        Assert.Equal([4_999, 4_998, 4_997], earlier.Run(Token).Items);
        Assert.InRange(later.RowsVisited, 3, 10);
        Assert.InRange(earlier.RowsVisited, 3, 10);
    }

    [Fact]
    public void Order_WhenMostChangedBeforeItPaid_IsBuiltLaterAndLater()
    {
        var replay = new ReplayHarness();
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("n", "orderBy"), Limit = 1 };
        var builds = new List<int>();
        var uses = 0;
        for (var round = 0; round < 4; round++)
        {
            replay.Commit(writer => Enumerable.Range(0, 2_000).ToList().ForEach(i => Put(writer, i, i + round)));
            var snapshot = replay.Publish();
            var orders = snapshot.Kept<FieldOrders>();
            var kept = orders.Bytes;
            listing.Run(snapshot, Token);
            Assert.Equal(0, orders.Bytes);
            for (uses = kept == 0 ? 1 : 0; orders.Bytes == 0; uses++)
            {
                listing.Run(snapshot, Token);
            }

            builds.Add(uses);
        }

        Assert.Equal([2, 4, 8, 16], builds);
    }

    [Fact]
    public void Orders_WhenOfManyFields_AreBounded()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                writer.Put(new Concept { Id = $"c{i}", Attributes = Enumerable.Range(0, 100).ToDictionary(number => $"f{number}", number => (Value)((i * number) % 97)) }, OnExists.Fail);
            }
        });
        var snapshot = replay.Publish();
        for (var field = 0; field < 100; field++)
        {
            var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse($"f{field}", "orderBy"), Limit = 1 };
            listing.Run(snapshot, Token);
            listing.Run(snapshot, Token);
        }

        Assert.InRange(snapshot.Kept<FieldOrders>().Bytes, 1, FieldOrders.MaxOrders * 6_000);
    }

    [Fact]
    public void Order_WhenABuildIsLeft_IsGoneOnWith()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Enumerable.Range(0, 9_000).ToList().ForEach(i => Put(writer, i, 9_000 - i)));
        var snapshot = replay.Publish();
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("n", "orderBy"), Limit = 1 };
        listing.Run(snapshot, Token);
        var left = listing.Start(snapshot);
        Assert.True(left.Step());
        Assert.True(left.Step());

        Assert.Equal([8_999], listing.Run(snapshot, Token).Items);
        Assert.True(snapshot.Kept<FieldOrders>().Bytes > 0);
        Assert.Equal([8_999], left.Run(Token).Items);
    }

    /// <summary>Integers have the last column; texts of the same name find none.</summary>
    [Fact]
    public void Page_WhenSomeValuesLieInBags_HoldsThoseToo()
    {
        var replay = new ReplayHarness();
        foreach (var names in Enumerable.Range(0, Limits.AttributeColumns - 1).Chunk(200))
        {
            replay.Commit(writer => writer.Put(new Concept { Id = "filler", Attributes = names.ToDictionary(number => $"f{number}", number => (Value)number) }, OnExists.Replace));
        }

        replay.Commit(writer =>
        {
            for (var i = 0; i < 300; i++)
            {
                writer.Put(new Concept { Id = $"c{i}", Attributes = new Dictionary<string, Value> { ["n"] = i % 3 < 2 ? i : $"text {i}" } }, OnExists.Fail);
            }
        });
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("n desc", "orderBy"), Where = WhereClause.Parse("n > 'text'", "where"), Limit = 200, Counts = true };
        var snapshot = replay.Publish();
        for (var use = 0; use < 4; use++)
        {
            Assert.Equal(100, listing.Run(snapshot, Token).Count);
            RequireSame(listing, snapshot);
        }
    }

    private static void RequireSame(ConceptListing listing, Snapshot snapshot)
    {
        var after = (byte[]?)[];
        for (var pages = 0; after is not null && pages < 4; pages++)
        {
            var page = listing with { After = after };
            var expected = Answer(new OrderedScan(page, page.OrderBy!, snapshot), out after);
            Assert.Equal(expected, Answer(page.Start(snapshot), out var next));
            Assert.Equal(after, next);
        }
    }

    private static string Answer(Scan<RowPage> scan, out byte[]? next)
    {
        next = null;
        try
        {
            var page = scan.Run(Token);
            next = page.Next;
            return $"{page.Count}: {string.Join(' ', page.Items)}";
        }
        catch (CairnException refusal) when (refusal.Kind == ErrorKind.Invalid)
        {
            return refusal.Message;
        }
    }

    private static ConceptListing Listing(ReplayHarness replay, Random random, RandomCondition conditions, string order)
    {
        var field = order.Split(' ', ',')[0];
        var where = random.Next(4) switch
        {
            0 => null,
            1 => conditions.Next(random.Next(3)).Text,
            2 when field is "createdAt" or "updatedAt" or "reinforcedAt" => $"{field} > TIMESTAMP '{replay.Now.Plus(TimeSpan.FromSeconds(-2))}'",
            2 => Bound(field, random),
            _ when field is "version" or "createdAt" or "updatedAt" or "reinforcedAt" => $"version > {random.Next(5000)}",
            _ => $"{Bound(field, random)} AND {Bound(field, random)}" + (random.Next(3) == 0 ? " AND n <> 3" : ""),
        };
        return new()
        {
            Now = replay.Now.Plus(TimeSpan.FromSeconds(random.Next(4))),
            OrderBy = OrderBy.Parse(order, "orderBy"),
            Where = where is null ? null : WhereClause.Parse(where, "where"),
            ValidAt = random.Next(5) == 0 ? new Timestamp(1) : null,
            Labels = random.Next(5) == 0 ? CodeFilter.Of(0) : CodeFilter.Any,
            Counts = random.Next(2) == 0,
            Limit = random.Next(3) == 0 ? 200 : random.Next(1, 20),
        };
    }

    private static string Bound(string field, Random random)
    {
        string[] literals = ["0", "3", "-1", "0.5", "3.0", "1e300", "9007199254740993", "-9223372036854775808", "'a'", "'text 03'", "''", "'2026-01-01'", "TRUE", "TIMESTAMP '2026-01-01'", "NULL"];
        string[] operators = ["=", "<", "<=", ">", ">=", ">=", "<="];
        var literal = literals[random.Next(random.Next(2) == 0 ? 7 : literals.Length)];
        return field == "version" ? $"version >= {random.Next(9000)}"
            : random.Next(2) == 0 ? $"{field} {operators[random.Next(operators.Length)]} {literal}" : $"{literal} {operators[random.Next(operators.Length)]} {field}";
    }

    private static void Write(ReplayHarness replay, Random random, RandomCondition conditions, int size, bool hasUnordered) => replay.Commit(writer =>
    {
        var id = $"i{random.Next(size)}";
        switch (random.Next(12))
        {
            case 0:
                writer.Delete(Encoding.UTF8.GetBytes(id), OnMissing.Skip);
                break;
            case 1:
                writer.Associate(new Association { Key = new(id, "is", $"i{random.Next(size)}") }, OnExists.Replace, MissingEndpoints.Imply);
                break;
            case 2:
                writer.Put(new Concept { Id = id, Attributes = new Dictionary<string, Value> { ["n"] = random.Next(10) } }, OnExists.Merge);
                break;
            default:
                writer.Put(Random(id, random, conditions, hasUnordered), random.Next(2) == 0 ? OnExists.Merge : OnExists.Replace);
                break;
        }
    });

    private static Concept Random(string id, Random random, RandomCondition conditions, bool hasUnordered)
    {
        var attributes = new Dictionary<string, Value>();
        foreach (var name in new[] { "a", "b", "c" }.Where(_ => random.Next(4) > 0))
        {
            attributes[name] = random.Next(9) == 0 ? new byte[] { (byte)random.Next(3) } : hasUnordered && random.Next(100) == 0 ? conditions.NextValue() : conditions.Scalar();
        }

        if (random.Next(5) > 0)
        {
            attributes["n"] = random.Next(10);
        }

        if (random.Next(5) > 0)
        {
            // Short texts with a number, long ones in the arena, and some too long for an order.
            attributes["t"] = $"text {random.Next(10):D2}" + random.Next(40) switch { 0 => new string('z', random.Next(200) == 0 ? 2_000 : 900), < 10 => new string('y', 70), _ => "" };
        }

        return new()
        {
            Id = id,
            Attributes = attributes,
            Labels = random.Next(2) == 0 ? ["x"] : [],
            ValidFrom = random.Next(3) == 0 ? new Timestamp(random.Next(3)) : null,
            ExpiresAt = random.Next(20) == 0 ? Timestamp.From(new DateTimeOffset(2026, 1, 1, 0, 0, random.Next(10), TimeSpan.Zero)) : null,
        };
    }

    private static void Put(CommitWriter writer, int number, int n) => writer.Put(
        new Concept { Id = $"c{number:D5}", Attributes = new Dictionary<string, Value> { ["n"] = n, ["t"] = $"text {n % 1_000:D4} {new string('t', 70)}", ["even"] = n % 2 == 0 } },
        OnExists.Replace);
}
