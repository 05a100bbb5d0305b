using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class ImportExportTests : ServerTests
{
    private Task<Reply> ImportAsync(string space, string lines, string query, params (string, string)[] headers) =>
        Server.SendAsync("POST", $"{space}/import?{query}", lines, "application/x-ndjson", headers);

    [Fact]
    public async Task Memory_WhenImportedAndExported_HoldsEveryEntityAndRelation()
    {
        var lines = await File.ReadAllTextAsync(SharedData.Find("memory.jsonl"), TestContext.Current.CancellationToken);
        var space = NewSpace();

        var imported = (await ImportAsync(space, lines, "format=memory")).Require(HttpStatusCode.OK);
        var exported = (await Server.GetAsync($"{space}/export?format=memory&after={imported.Member("token")}")).Require(HttpStatusCode.OK);

        Assert.Equal((4655, 2810, 1845, 0, 0), (Count(imported, "lines"), Count(imported, "concepts"), Count(imported, "associations"), Count(imported, "skipped"), Count(imported, "rejectedCount")));
        Assert.Equal("application/x-ndjson", exported.Headers["Content-Type"]);
        Assert.Equal(Canonical(lines), Canonical(exported.Text));
    }

    [Fact]
    public async Task Memory_WhenImportedTwice_SkipsWhatIsThere()
    {
        var space = NewSpace();
        const string Lines = """
            {"type":"entity","name":"ada","entityType":"person","observations":["one"]}
            {"type":"relation","from":"ada","to":"babbage","relationType":"knows"}
            """;

        await ImportAsync(space, Lines, "format=memory");
        var again = (await ImportAsync(space, Lines.Replace("one", "two", StringComparison.Ordinal), "format=memory")).Require(HttpStatusCode.OK);

        Assert.Equal((2, 0, 0, 2), (Count(again, "lines"), Count(again, "concepts"), Count(again, "associations"), Count(again, "skipped")));
        Assert.Equal("""{"observations":["one"]}""", (await Server.GetAsync($"{space}/concepts/ada"))["attributes"].GetRawText());
        var replaced = await ImportAsync(space, Lines.Replace("one", "two", StringComparison.Ordinal), "format=memory&onExists=replace");
        Assert.Equal(1, Count(replaced, "concepts"));
        Assert.Equal("""{"observations":["two"]}""", (await Server.GetAsync($"{space}/concepts/ada"))["attributes"].GetRawText());
    }

    [Fact]
    public async Task NdJson_WhenExportedAndImported_GivesAnEqualSpace()
    {
        var space = await NewGraphAsync(
            Put("a", """
                "labels":["x","y"],"content":"c","mediaType":"text/plain","vector":[0.1,-2],"strength":0.25,"confidence":0.5,"validFrom":"2020-01-01T00:00:00Z",
                "expiresAt":"2999-01-01T00:00:00Z","attributes":{"i":1,"f":1.0,"d":{"$datetime":"2026-01-31T12:00:00.5Z"},"b":{"$bytes":"AAE="},"o":{"$$k":[1,{"z":null}]} }
                """),
            Put("b", """ "content":{"$bytes":"AAEC"} """),
            Associate("a", "t", "b", """ "key":"k","attributes":{"w":0.5},"strength":0.5 """),
            Associate("b", "t", "implied"),
            """{"op":"reinforce","id":"a","amount":0.5}""");
        var copy = NewSpace();

        var exported = (await Server.GetAsync($"{space}/export?format=ndjson")).Require(HttpStatusCode.OK);
        var imported = (await ImportAsync(copy, exported.Text, "format=ndjson")).Require(HttpStatusCode.OK);
        var again = (await Server.GetAsync($"{copy}/export?format=ndjson")).Require(HttpStatusCode.OK);

        Assert.Equal((5, 2, 2, 0, 0), (Count(imported, "lines"), Count(imported, "concepts"), Count(imported, "associations"), Count(imported, "skipped"), Count(imported, "rejectedCount")));
        Assert.Equal(imported.Token, imported.Member("token"));
        Assert.Equal(WithoutVersions(exported), WithoutVersions(again));
    }

    [Fact]
    public async Task Import_WhenLinesAreWrong_ListsTheFirstHundred()
    {
        var space = NewSpace();
        var lines = string.Join("\n", Enumerable.Range(0, 150).Select(_ => """{"concept":{"id":""}}""").Append("""{"concept":{"id":"a"}}""").Append("""{"entity":1}"""));

        var reply = (await ImportAsync(space, lines, "format=ndjson")).Require(HttpStatusCode.OK);

        Assert.Equal((152, 1, 151, 100), (Count(reply, "lines"), Count(reply, "concepts"), Count(reply, "rejectedCount"), reply["rejected"].GetArrayLength()));
        Assert.Equal("/concept/id", reply["rejected"][0].GetProperty("problem").GetProperty("pointer").GetString());
    }

    [Theory]
    [InlineData("""{"type":"thing"}""", "/type")]
    [InlineData("""{"type":"entity","entityType":"x"}""", "")]
    [InlineData("""{"type":"entity","name":"a","observations":[1]}""", "/observations/0")]
    [InlineData("""{"type":"entity","name":"a","more":1}""", "/more")]
    [InlineData("""{"type":"relation","from":"a","to":"b"}""", "")]
    [InlineData("""{"type":"relation","from":"a","to":"b","relationType":""}""", "/relationType")]
    [InlineData("""{"type":"relation","from":"..","to":"b","relationType":"t"}""", "/from")]
    [InlineData("""{"type":"relation","from":"a","to":1,"relationType":"t"}""", "/to")]
    public async Task Import_WhenAMemoryLineIsWrong_SaysWhere(string line, string pointer)
    {
        var reply = (await ImportAsync(NewSpace(), line, "format=memory")).Require(HttpStatusCode.OK);

        Assert.Equal(pointer, reply["rejected"][0].GetProperty("problem").GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task Import_WhenExistingMustFail_RejectsTheLine()
    {
        var space = await NewGraphAsync(Put("a"));

        var reply = await ImportAsync(space, """{"concept":{"id":"a"}}""", "format=ndjson&onExists=fail");

        Assert.Equal("exists", reply["rejected"][0].GetProperty("problem").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Import_WhenLinesAreAskedFor_EndsWithTheResult()
    {
        var reply = (await ImportAsync(NewSpace(), """{"concept":{"id":"a"}}""", "format=ndjson", ("Accept", "application/x-ndjson"))).Require(HttpStatusCode.OK);

        Assert.Equal("application/x-ndjson", reply.Headers["Content-Type"]);
        Assert.Equal(1, reply.Lines[^1].GetProperty("concepts").GetInt32());
    }

    private static int Count(Reply reply, string name) => reply[name].GetInt32();

    private static string[] WithoutVersions(Reply export) =>
        [.. export.Lines.Select(line => System.Text.RegularExpressions.Regex.Replace(line.GetRawText(), "\"version\":\\d+,", "")).Order(StringComparer.Ordinal)];

    private static string[] Canonical(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Canonical1).Order(StringComparer.Ordinal)];

    private static string Canonical1(string line)
    {
        var members = JsonDocument.Parse(line).RootElement.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal);
        return JsonSerializer.Serialize(members.ToDictionary(member => member.Name, member => member.Value));
    }
}
