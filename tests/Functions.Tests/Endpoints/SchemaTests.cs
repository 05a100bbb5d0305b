using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What there is in a space.</summary>
public sealed class SchemaTests : ServerTests
{
    [Fact]
    public async Task Schema_WhenAsked_CountsWhatThereIs()
    {
        var space = await NewGraphAsync(
            Put("a", """ "labels":["person","b"],"attributes":{"n":1,"$$x":null} """),
            Put("b", """ "labels":["person"],"attributes":{"n":1.5,"list":[]},"validFrom":"2026-01-01T00:00:00Z" """),
            Associate("a", "knows", "b"), Associate("a", "knows", "nobody"));

        var reply = (await Server.GetAsync($"{space}/schema")).Require(HttpStatusCode.OK);
        var before = (await Server.GetAsync($"{space}/schema?validAt=2025-01-01T00:00:00Z")).Require(HttpStatusCode.OK);

        Assert.Equal(
            """{"labels":[{"name":"b","count":1},{"name":"person","count":2}],"associationTypes":[{"name":"knows","count":2}],"attributes":[{"name":"$x","types":{"null":1}},{"name":"list","types":{"array":1}},{"name":"n","types":{"int64":1,"float64":1}}],"associationAttributes":[],"truncated":false}""",
            reply.Text);
        Assert.Equal(
            """{"labels":[{"name":"b","count":1},{"name":"person","count":1}],"associationTypes":[{"name":"knows","count":1}],"attributes":[{"name":"$x","types":{"null":1}},{"name":"n","types":{"int64":1}}],"associationAttributes":[],"truncated":false}""",
            before.Text);
    }

    [Theory]
    [InlineData("limit=1", "unknown-member", "limit")]
    [InlineData("asOf=today", "invalid", "asOf")]
    [InlineData("validAt=today", "invalid", "validAt")]
    public async Task Schema_WhenAskedWrongly_IsRefused(string query, string kind, string parameter)
    {
        var space = await NewGraphAsync(Put("a", ""));

        Assert.Equal(parameter, (await Server.GetAsync($"{space}/schema?{query}")).RequireProblem(400, kind).Member("parameter"));
        (await Server.GetAsync("/v1/spaces/no-such-space/schema")).RequireProblem(404, "unknown-space");
    }
}
