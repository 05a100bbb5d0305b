using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage.Lookups;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What every lookups index must do. Each adapter's tests derive from it.</summary>
public abstract class LookupsIndexConformance
{
    private static readonly Incarnation Life = new(1), Other = new(2);

    private static readonly Value[] Images =
    [
        true, false, 0.0, 1.0, -1.5, 9007199254740992.0, 1e300, "", "a", "ab", "été", "\"quoted\" \\ and\n", new Timestamp(0), Timestamp.Min, Timestamp.Max,
        new Value[] { "a", 1.0, true, new Timestamp(0) }, Array.Empty<Value>(), Value.Object(new Dictionary<string, Value>()),
    ];

    private static readonly string[] Names = ["n", "a b", "order", "t"];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watermark_WhenAdvanced_IsFoundAsWritten()
    {
        await using var index = await OpenAsync();
        Assert.Null(await index.FindWatermarkAsync(Life, Token));

        var settings = SpaceSettings.Default with { HalfLife = TimeSpan.FromDays(3), VectorDimensions = 5 };
        var first = await index.TryAdvanceAsync(Life, new() { Writer = new(UInt128.MaxValue), WrittenAt = new(7), Rebuild = new(LogPosition.Of(1, 2), Utf8("é"), new(5)) }, Token);
        var next = first! with { Position = LogPosition.Max, LogClock = new(8), Settings = settings, CurrentAt = new(9), Rebuild = null };
        var second = await index.TryAdvanceAsync(Life, next, Token);

        Assert.Equal((new WriterId(UInt128.MaxValue), LogPosition.Of(1, 2), "é"), (first.Writer, first.Rebuild!.Base, Text(first.Rebuild.After)));
        Assert.Equal(next with { Tag = second!.Tag }, second);
        Assert.Equal(second, await index.FindWatermarkAsync(Life, Token));
        Assert.Null(await index.FindWatermarkAsync(Other, Token));
    }

    [Fact]
    public async Task Watermark_WhenItsTagIsOld_IsNotAdvanced()
    {
        await using var index = await OpenAsync();
        var first = await index.TryAdvanceAsync(Life, new() { Position = new(1) }, Token);
        var second = await index.TryAdvanceAsync(Life, first! with { Position = new(2) }, Token);

        Assert.Null(await index.TryAdvanceAsync(Life, new() { Position = new(3) }, Token));
        Assert.Null(await index.TryAdvanceAsync(Life, first with { Position = new(3) }, Token));
        Assert.Equal(second, await index.FindWatermarkAsync(Life, Token));
    }

    [Fact]
    public async Task Watermark_WhenManyAdvanceItAtOnce_LetsOneWin()
    {
        await using var index = await OpenAsync();
        var first = await index.TryAdvanceAsync(Life, new(), Token);

        var won = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Task.Run(async () => await index.TryAdvanceAsync(Life, first! with { Position = new(i) }, Token))));

        Assert.Single(won, mark => mark is not null);
    }

    [Fact]
    public async Task Write_WhenALaterStateIsThere_KeepsThat()
    {
        await using var index = await OpenAsync();
        await index.WriteAsync(Life, [Document("a", 5), Document("b", 5), Document("c", 5), Tombstone("d", 5), Document("e", 5)], Token);
        await index.WriteAsync(Life, [Document("a", 4), Tombstone("b", 4), Tombstone("c", 6), Document("d", 4), Document("e", 5)], Token);

        Assert.Equal(["a@5", "b@5", "-", "-", "e@5"], await ReadAsync(index, "a", "b", "c", "d", "e"));
        await index.WriteAsync(Life, [Document("c", 5), Document("d", 6), Document("a", 6)], Token);
        Assert.Equal(["a@6", "b@5", "-", "d@6", "e@5"], await ReadAsync(index, "a", "b", "c", "d", "e"));
    }

    [Fact]
    public async Task Write_WhenTheStateChanges_ReplacesAllOfIt()
    {
        await using var index = await OpenAsync();
        var full = Document("a", 1) with { Labels = ["x"], Attributes = new Dictionary<string, Value> { ["n"] = 1.0 }, ExpiresAt = Timestamp.Max };
        await index.WriteAsync(Life, [full], Token);
        Assert.Equal("a", await QueryAsync(index, new CarriesLabel("x")));

        await index.WriteAsync(Life, [Document("a", 2) with { Body = new byte[] { 9 } }], Token);

        Assert.Equal("", await QueryAsync(index, new CarriesLabel("x")));
        Assert.Equal("", await QueryAsync(index, new AttributeIsSet("n", true)));
        var read = (await index.ReadAsync(Life, [Utf8("a")], Token))[0]!;
        Assert.Equal(9, Assert.Single(read.Body.ToArray()));
    }

    [Fact]
    public async Task Read_WhenIdsAreOdd_FindsEach()
    {
        string[] ids = ["/", "a/b", "?", "#", "\\", "%2F", " ", "é", "🙂", new('x', 512), ".watermark", "a\"b'c"];
        await using var index = await OpenAsync();
        await index.WriteAsync(Life, [.. ids.Select((id, i) => Document(id, i + 1) with { Body = Encoding.UTF8.GetBytes(id) })], Token);

        var read = await index.ReadAsync(Life, [.. ids.Select(Utf8)], Token);

        Assert.Equal(ids, read.Select(document => Text(document!.Body)));
        Assert.Equal(ids, read.Select(document => Text(document!.Id)));
        Assert.Equal(["-"], await ReadAsync(index, "nobody"));
    }

    [Fact]
    public async Task Query_WhenPaged_GivesAllInByteOrderOnce()
    {
        await using var index = await OpenAsync();
        string[] ids = [.. Enumerable.Range(0, 230).Select(i => $"{(char)('a' + (i * 7 % 26))}{i}"), "é", "🙂", "\uFFFD", "~", "-", "_", "A"];
        await index.WriteAsync(Life, [.. ids.Select(id => Document(id, 1)), Tombstone("gone", 1)], Token);
        await index.WriteAsync(Other, [Document("elsewhere", 1)], Token);

        var (seen, after) = (new List<string>(), default(ReadOnlyMemory<byte>));
        for (var isLast = false; !isLast;)
        {
            var page = await index.QueryAsync(Life, new(null, after, 50), Token);
            Assert.InRange(page.Documents.Count, page.IsLast ? 0 : 1, 50);
            seen.AddRange(page.Documents.Select(document => Text(document.Id)));
            (after, isLast) = (page.Documents.Count > 0 ? page.Documents[^1].Id : after, page.IsLast);
        }

        Assert.Equal(ids.OrderBy(id => id, Comparer<string>.Create((x, y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)))), seen);
    }

    [Fact]
    public async Task Query_WhenDocumentsAreLarge_StillGivesThemAll()
    {
        await using var index = await OpenAsync();
        var body = new byte[900_000];
        for (var i = 0; i < 9; i++)
        {
            await index.WriteAsync(Life, [Document($"c{i}", 1) with { Body = body }], Token);
        }

        var (count, after) = (0, default(ReadOnlyMemory<byte>));
        for (var isLast = false; !isLast;)
        {
            var page = await index.QueryAsync(Life, new(null, after, 9), Token);
            Assert.All(page.Documents, document => Assert.Equal(body.Length, document.Body.Length));
            (count, after, isLast) = (count + page.Documents.Count, page.Documents.Count > 0 ? page.Documents[^1].Id : after, page.IsLast);
        }

        Assert.Equal(9, count);
        Assert.All((await index.QueryAsync(Life, new(null, default, 9) { IsBare = true }, Token)).Documents, document => Assert.Equal((0, 1), (document.Body.Length, document.Position.Value)));
    }

    [Theory]
    [InlineData("Größe")]
    [InlineData("a\"b")]
    [InlineData("a\\b'c]")]
    [InlineData("")]
    [InlineData("\u0001")]
    [InlineData("$type")]
    public async Task Query_WhenANameIsOdd_FindsWhatMeetsTheConditionAtLeast(string name)
    {
        await using var index = await OpenAsync();
        await index.WriteAsync(Life, [Document("a", 1) with { Attributes = new Dictionary<string, Value> { [name] = 1.0 } }, Document("b", 1)], Token);

        Assert.Contains("a", await QueryAsync(index, new AttributeEquals(name, 1.0)), StringComparison.Ordinal);
        Assert.Contains("a", await QueryAsync(index, new OneHolds([new AttributeIsSet(name, true), new CarriesLabel("x")])), StringComparison.Ordinal);
        Assert.Contains("b", await QueryAsync(index, new AllHold([new AttributeIsSet(name, false), new IdBeginsWith(Utf8("b"))])), StringComparison.Ordinal);
    }

    /// <summary>Whatever is asked, all that meets it is found, and nothing else.</summary>
    [Fact]
    public async Task Query_WhenConditionsAreRandom_FindsWhatMeetsThem()
    {
        await using var index = await OpenAsync();
        await using var memory = new MemoryLookupsIndex();
        var random = new Random(7);
        LookupDocument[] documents =
        [
            .. Enumerable.Range(0, 150).Select(i => Random(i, random)),
            new() { Id = Utf8("large"), Position = new(1), State = LookupState.TooLarge },
            Tombstone("gone", 1),
        ];
        await index.WriteAsync(Life, documents, Token);
        await memory.WriteAsync(Life, documents, Token);
        for (var i = 0; i < 60; i++)
        {
            var condition = RandomCondition(random, depth: 2);

            Assert.Equal(await QueryAsync(memory, condition), await QueryAsync(index, condition));
        }
    }

    [Fact]
    public async Task Drop_WhenThereIsALife_ForgetsItAndNoOther()
    {
        await using var index = await OpenAsync();
        var mark = await index.TryAdvanceAsync(Life, new() { Position = new(1) }, Token);
        await index.TryAdvanceAsync(Other, new() { Position = new(1) }, Token);
        await index.WriteAsync(Life, [.. Enumerable.Range(0, 120).Select(i => Document($"c{i}", 1)), Tombstone("gone", 1)], Token);
        await index.WriteAsync(Other, [Document("a", 1)], Token);

        await index.DropAsync(Life, Token);
        await index.DropAsync(Life, Token);

        Assert.Empty((await index.QueryAsync(Life, new(null, default, 10), Token)).Documents);
        Assert.True((await index.FindWatermarkAsync(Life, Token))!.IsDropped);
        Assert.Null(await index.TryAdvanceAsync(Life, mark! with { Position = new(2) }, Token));
        Assert.Null(await index.TryAdvanceAsync(Life, new() { Position = new(2) }, Token));
        Assert.Equal([Life, Other], (await index.ListAsync(Token)).OrderBy(life => life.Value));
        Assert.Single((await index.QueryAsync(Other, new(null, default, 10), Token)).Documents);
    }

    /// <summary>An empty index of the test's own.</summary>
    protected abstract Task<ILookupsIndex> OpenAsync();

    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);

    private static LookupDocument Document(string id, long position) => new() { Id = Utf8(id), Position = new(position), State = LookupState.Stored, Body = Utf8("body") };

    private static LookupDocument Tombstone(string id, long position) => new() { Id = Utf8(id), Position = new(position), State = LookupState.Deleted };

    private static LookupDocument Random(int number, Random random) => Document($"c{number}", 1) with
    {
        Labels = [.. new[] { "x", "y" }.Where(_ => random.Next(2) == 0)],
        Attributes = Names.Where(_ => random.Next(2) == 0).ToDictionary(name => name, _ => Images[random.Next(Images.Length)]),
    };

    private static LookupCondition RandomCondition(Random random, int depth)
    {
        LookupCondition Next() => RandomCondition(random, depth - 1);
        var (name, image) = (Names[random.Next(Names.Length)], Images[random.Next(13)]);
        var (low, high) = (Images[2 + random.Next(5)], Images[12 + random.Next(3)]);
        return random.Next(depth > 0 ? 10 : 8) switch
        {
            0 => new CarriesLabel(random.Next(2) == 0 ? "x" : "z"),
            1 => new IdBeginsWith(Utf8($"c{random.Next(12)}")),
            2 => new AttributeIsSet(name, random.Next(2) == 0),
            3 => new AttributeEquals(name, image),
            4 => new AttributeBetween(name, random.Next(2) == 0 ? low : (Value?)null, low),
            5 => new AttributeBetween(name, high, random.Next(2) == 0 ? high : (Value?)null),
            6 => new AttributeBeginsWith(name, new[] { "a", "\"", "é", "" }[random.Next(4)]),
            7 => new AttributeHolds(name, image),
            8 => new AllHold([Next(), Next()]),
            _ => new OneHolds([Next(), Next(), Next()]),
        };
    }

    private static async Task<string> QueryAsync(ILookupsIndex index, LookupCondition condition)
    {
        var page = await index.QueryAsync(Life, new(condition, default, ILookupsIndex.MaxPage), Token);
        Assert.True(page.IsLast, "a page of what fits into it is the last");
        return string.Join(' ', page.Documents.Select(document => Text(document.Id)));
    }

    private static async Task<string[]> ReadAsync(ILookupsIndex index, params string[] ids) =>
        [.. (await index.ReadAsync(Life, [.. ids.Select(Utf8)], Token)).Select(document => document is null ? "-" : $"{Text(document.Id)}@{document.Position.Value}")];
}
