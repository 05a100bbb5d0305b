using System.Globalization;
using System.Text;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>The table of limits, each just kept and just passed.</summary>
public sealed class LimitTests : ServerTests
{
    public static TheoryData<string, string, string, long, long> Limits => new()
    {
        { "id", OfConcept($"\"id\":\"{new string('i', 512)}\""), OfConcept($"\"id\":\"{new string('i', 513)}\""), 512, 513 },
        { "labels/0", OfConcept($"\"labels\":[\"{new string('l', 128)}\"]"), OfConcept($"\"labels\":[\"{new string('l', 129)}\"]"), 128, 129 },
        { "labels", OfConcept($"\"labels\":[{Many(16, i => $"\"l{i}\"")}]"), OfConcept($"\"labels\":[{Many(20, i => $"\"l{i}\"")}]"), 16, 20 },
        {
            $"attributes/{new string('n', 129)}", OfConcept($"\"attributes\":{{\"{new string('n', 128)}\":1}}"), OfConcept($"\"attributes\":{{\"{new string('n', 129)}\":1}}"),
            128, 129
        },
        { "attributes", OfConcept($"\"attributes\":{{{Many(256, i => $"\"a{i}\":1")}}}"), OfConcept($"\"attributes\":{{{Many(257, i => $"\"a{i}\":1")}}}"), 256, 257 },
        { "content", OfConcept($"\"content\":\"{new string('c', 1 << 20)}\""), OfConcept($"\"content\":\"{new string('c', (1 << 20) + 1)}\""), 1 << 20, (1 << 20) + 1 },
        { "attributes/a", OfAttribute($"\"{new string('s', 65536)}\""), OfAttribute($"\"{new string('s', 65537)}\""), 65536, 65537 },
        {
            "attributes/a", OfAttribute($"{{\"$bytes\":\"{Convert.ToBase64String(new byte[65536])}\"}}"),
            OfAttribute($"{{\"$bytes\":\"{Convert.ToBase64String(new byte[65537])}\"}}"), 65536, 65537
        },
        { "attributes/a", OfAttribute($"[{Many(1024, i => "1")}]"), OfAttribute($"[{Many(1025, i => "1")}]"), 1024, 1025 },
        { "attributes/a", OfAttribute($"{{{Many(1024, i => $"\"m{i}\":1")}}}"), OfAttribute($"{{{Many(1025, i => $"\"m{i}\":1")}}}"), 1024, 1025 },
        { "attributes/a/0/0/0/0/0/0/0/0", OfAttribute(Nested(8)), OfAttribute(Nested(9)), 8, 9 },
        { "vector", OfConcept($"\"vector\":[{Many(4096, i => "0.5")}]"), OfConcept($"\"vector\":[{Many(4097, i => "0.5")}]"), 4096, 4097 },
        {
            "vector", OfConcept($"\"vector\":{{\"$f32\":\"{Convert.ToBase64String(Ones(4096))}\"}}"),
            OfConcept($"\"vector\":{{\"$f32\":\"{Convert.ToBase64String(Ones(4097))}\"}}"), 4096, 4097
        },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Concept_AtALimit_IsTakenAndPastItRefused(string place, string kept, string passed, long limit, long actual)
    {
        var space = NewSpace();

        (await Server.PostAsync($"{space}/commits", kept)).Require(System.Net.HttpStatusCode.OK);
        var reply = await Server.PostAsync($"{space}/commits", passed);

        reply.RequireProblem(400, "limit");
        Assert.Equal($"/operations/0/concept/{place}", reply.Member("pointer"));
        Assert.Equal((limit, actual), (reply["limit"].GetInt64(), reply["actual"].GetInt64()));
    }

    [Theory]
    [InlineData("type", 128)]
    [InlineData("key", 128)]
    [InlineData("source", 512)]
    [InlineData("target", 512)]
    public async Task Association_AtALimit_IsTakenAndPastItRefused(string member, int limit)
    {
        var space = NewSpace();

        string Of(int length)
        {
            var names = new Dictionary<string, string> { ["source"] = "a", ["type"] = "t", ["target"] = "b", ["key"] = "k", [member] = new('x', length) };
            return $$"""{"operations":[{"op":"associate","association":{{System.Text.Json.JsonSerializer.Serialize(names)}},"missingEndpoints":"imply"}]}""";
        }

        (await Server.PostAsync($"{space}/commits", Of(limit))).Require(System.Net.HttpStatusCode.OK);
        var reply = (await Server.PostAsync($"{space}/commits", Of(limit + 1))).RequireProblem(400, "limit");

        Assert.Equal($"/operations/0/association/{member}", reply.Member("pointer"));
        Assert.Equal((limit, limit + 1), (reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    [Fact]
    public async Task Commit_AtItsLimits_IsTakenAndPastThemRefused()
    {
        var space = NewSpace();

        string Operations(int count) => $$"""{"operations":[{{Many(count, i => """{"op":"delete","id":"x","onMissing":"skip"}""")}}]}""";

        (await Server.PostAsync($"{space}/commits", Operations(10_000))).Require(System.Net.HttpStatusCode.OK);
        var reply = (await Server.PostAsync($"{space}/commits", Operations(10_001))).RequireProblem(400, "limit");

        Assert.Equal(("/operations", 10_000, 10_001), (reply.Member("pointer"), reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    [Fact]
    public async Task Commit_WhenEncodedTooLong_IsTooLarge()
    {
        var space = NewSpace();
        var content = new string('c', 1 << 20);

        var reply = await Server.PostAsync($"{space}/commits", $$"""{"operations":[{{Many(5, i => $$"""{"op":"put","concept":{"content":"{{content}}"} }""")}}]}""");

        reply.RequireProblem(413, "too-large");
        Assert.Equal((4 << 20) - 4096, reply["limit"].GetInt32());
    }

    [Theory]
    [InlineData("\"actor\"")]
    [InlineData("\"note\"")]
    public async Task Meta_WhenTooLong_IsRefused(string member)
    {
        var reply = await Server.PostAsync($"{NewSpace()}/commits", $$"""{"operations":[],"meta":{ {{member}}:"{{new string('m', 1025)}}"} }""");

        reply.RequireProblem(400, "limit");
        Assert.Equal(1024, reply["limit"].GetInt32());
        Assert.StartsWith("/meta", reply.Member("pointer"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommitId_WhenTooLong_IsRefused()
    {
        var space = NewSpace();

        (await Server.PostAsync($"{space}/commits", $$"""{"id":"{{new string('i', 128)}}","operations":[]}""")).Require(System.Net.HttpStatusCode.OK);
        var body = (await Server.PostAsync($"{space}/commits", $$"""{"id":"{{new string('i', 129)}}","operations":[]}""")).RequireProblem(400, "limit");
        var header = (await Server.PostAsync($"{space}/commits", """{"operations":[]}""", ("Idempotency-Key", new('i', 129)))).RequireProblem(400, "limit");

        Assert.Equal("/id", body.Member("pointer"));
        Assert.Equal("Idempotency-Key", header.Member("parameter"));
    }

    [Fact]
    public async Task Body_WhenLongerThanTheLimit_IsTooLarge()
    {
        var reply = await Server.PostAsync($"{NewSpace()}/commits", new string(' ', (8 << 20) + 1));

        reply.RequireProblem(413, "too-large");
        Assert.Equal(8 << 20, reply["limit"].GetInt32());
    }

    [Fact]
    public async Task Nesting_WhenAbsurd_IsRefused() =>
        (await Server.PostAsync($"{NewSpace()}/commits", new string('[', 100_000))).RequireProblem(400, "limit");

    [Fact]
    public async Task PathId_WhenTooLong_IsRefused()
    {
        var space = await NewGraphAsync(Put("a"));

        var reply = (await Server.GetAsync($"{space}/concepts/{new string('i', 513)}")).RequireProblem(400, "limit");

        Assert.Equal(("id", 512, 513), (reply.Member("parameter"), reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    [Fact]
    public async Task Get_WhenTooManyIds_IsRefused()
    {
        var space = await NewGraphAsync(Put("a"));

        (await Server.PostAsync($"{space}/get", $$"""{"ids":[{{Many(1000, i => $"\"{i}\"")}}]}""")).Require(System.Net.HttpStatusCode.OK);
        var reply = (await Server.PostAsync($"{space}/get", $$"""{"ids":[{{Many(1001, i => $"\"{i}\"")}}]}""")).RequireProblem(400, "limit");

        Assert.Equal(("/ids", 1000, 1001), (reply.Member("pointer"), reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    private static string OfConcept(string member) => $$"""{"operations":[{"op":"put","concept":{ {{member}} } }]}""";

    private static string OfAttribute(string value) => OfConcept($"\"attributes\":{{\"a\":{value}}}");

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static byte[] Ones(int components) => [.. Enumerable.Repeat(BitConverter.GetBytes(1f), components).SelectMany(static bytes => bytes)];

    private static string Many(int count, Func<int, string> item)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{item(i)}");
        }

        return text.ToString();
    }
}
