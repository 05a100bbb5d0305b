using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What is refused, with its status, kind and place: one row per rule of the contract.</summary>
public sealed class ErrorTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(Put("ada", "\"content\":\"x\""), Put("b"), Associate("ada", "knows", "b"));
    }

    // Body of POST commits, kind, pointer.
    public static TheoryData<string, string, string?> Commits => new()
    {
        { "", "syntax", null },
        { "{", "syntax", null },
        { """{"operations":[]} x""", "syntax", null },
        { "[]", "invalid", "" },
        { "{}", "invalid", "" },
        { """{"operations":{}}""", "invalid", "/operations" },
        { """{"operations":[],"operations":[]}""", "invalid", "/operations" },
        { """{"operations":[],"oper\u0061tions":[]}""", "invalid", "/operations" },
        { """{"operations":[],"more":1}""", "unknown-member", "/more" },
        { """{"operations":[],"id":""}""", "invalid", "/id" },
        { """{"operations":[],"id":"with space"}""", "invalid", "/id" },
        { """{"operations":[],"id":7}""", "invalid", "/id" },
        { """{"operations":[],"meta":{"who":"x"}}""", "unknown-member", "/meta/who" },
        { """{"operations":[],"meta":{"actor":1}}""", "invalid", "/meta/actor" },
        { """{"\ud800":1}""", "invalid", "/\\ud800" },
        { """{"operations":[1]}""", "invalid", "/operations/0" },
        { """{"operations":[{}]}""", "invalid", "/operations/0" },
        { """{"operations":[{"op":"upsert"}]}""", "invalid", "/operations/0/op" },
        { """{"operations":[{"op":"put"}]}""", "invalid", "/operations/0" },
        { """{"operations":[{"op":"put","concept":[]}]}""", "invalid", "/operations/0/concept" },
        { """{"operations":[{"op":"put","concept":{"id":""}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"id":"."}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"id":".."}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"id":"a\u0001"}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"id":"a\u0085"}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"id":"\ud800"}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"id":5}}]}""", "invalid", "/operations/0/concept/id" },
        { """{"operations":[{"op":"put","concept":{"lables":["x"]}}]}""", "unknown-member", "/operations/0/concept/lables" },
        { """{"operations":[{"op":"put","concept":{"labels":"x"}}]}""", "invalid", "/operations/0/concept/labels" },
        { """{"operations":[{"op":"put","concept":{"labels":["x",""]}}]}""", "invalid", "/operations/0/concept/labels/1" },
        { """{"operations":[{"op":"put","concept":{"labels":["x",1]}}]}""", "invalid", "/operations/0/concept/labels/1" },
        { """{"operations":[{"op":"put","concept":{"content":1}}]}""", "invalid", "/operations/0/concept/content" },
        { """{"operations":[{"op":"put","concept":{"content":{"$bytes":"!"}}}]}""", "invalid", "/operations/0/concept/content/$bytes" },
        { """{"operations":[{"op":"put","concept":{"content":"\udc00"}}]}""", "invalid", "/operations/0/concept/content" },
        { """{"operations":[{"op":"put","concept":{"attributes":[]}}]}""", "invalid", "/operations/0/concept/attributes" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"":1}}}]}""", "invalid", "/operations/0/concept/attributes/" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"$a":1}}}]}""", "invalid", "/operations/0/concept/attributes/$a" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a/b~":{"$x":1}}}}]}""", "invalid", "/operations/0/concept/attributes/a~1b~0/$x" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":9223372036854775808}}}]}""", "invalid", "/operations/0/concept/attributes/a" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":[0,-9223372036854775809]}}}]}""", "invalid", "/operations/0/concept/attributes/a/1" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":1e400}}}]}""", "invalid", "/operations/0/concept/attributes/a" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":{"b":1,"b":2}}}}]}""", "invalid", "/operations/0/concept/attributes/a/b" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":{"$datetime":"yesterday"}}}}]}""", "invalid", "/operations/0/concept/attributes/a/$datetime" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":{"$datetime":"2026-01-31T12:00:00"}}}}]}""", "invalid", "/operations/0/concept/attributes/a/$datetime" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":{"$int64":"1.5"}}}}]}""", "invalid", "/operations/0/concept/attributes/a/$int64" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":{"$float64":"1"}}}}]}""", "invalid", "/operations/0/concept/attributes/a/$float64" },
        { """{"operations":[{"op":"put","concept":{"attributes":{"a":{"$int64":"1","b":2}}}}]}""", "invalid", "/operations/0/concept/attributes/a/$int64" },
        { """{"operations":[{"op":"put","concept":{"vector":["a"]}}]}""", "invalid", "/operations/0/concept/vector/0" },
        { """{"operations":[{"op":"put","concept":{"vector":[1e39]}}]}""", "invalid", "/operations/0/concept/vector/0" },
        { """{"operations":[{"op":"put","concept":{"vector":{"$f32":"AAA="}}}]}""", "invalid", "/operations/0/concept/vector/$f32" },
        { """{"operations":[{"op":"put","concept":{"strength":1.5}}]}""", "invalid", "/operations/0/concept/strength" },
        { """{"operations":[{"op":"put","concept":{"confidence":-0.1}}]}""", "invalid", "/operations/0/concept/confidence" },
        { """{"operations":[{"op":"put","concept":{"strength":null}}]}""", "invalid", "/operations/0/concept/strength" },
        { """{"operations":[{"op":"put","concept":{"validFrom":"1815"}}]}""", "invalid", "/operations/0/concept/validFrom" },
        { """{"operations":[{"op":"put","concept":{"currentStrength":1}}]}""", "unknown-member", "/operations/0/concept/currentStrength" },
        { """{"operations":[{"op":"put","concept":{},"onExists":"maybe"}]}""", "invalid", "/operations/0/onExists" },
        { """{"operations":[{"op":"put","concept":{},"onMissing":"fail"}]}""", "unknown-member", "/operations/0/onMissing" },
        { """{"operations":[{"op":"patch","set":{}}]}""", "invalid", "/operations/0" },
        { """{"operations":[{"op":"patch","id":"ada","set":{"id":"x"}}]}""", "unknown-member", "/operations/0/set/id" },
        { """{"operations":[{"op":"patch","id":"ada","remove":{"id":true}}]}""", "unknown-member", "/operations/0/remove/id" },
        { """{"operations":[{"op":"patch","id":"ada","remove":{"content":1}}]}""", "invalid", "/operations/0/remove/content" },
        { """{"operations":[{"op":"patch","id":"ada","add":{"attributes":{"o":"x"}}}]}""", "invalid", "/operations/0/add/attributes/o" },
        { """{"operations":[{"op":"patch","id":"ada","add":{"content":"x"}}]}""", "unknown-member", "/operations/0/add/content" },
        { """{"operations":[{"op":"patch","id":"ada","set":{"content":"x"},"remove":{"content":true}}]}""", "invalid", "/operations/0/remove" },
        { """{"operations":[{"op":"delete"}]}""", "invalid", "/operations/0" },
        { """{"operations":[{"op":"delete","id":"ada","onMissing":"create"}]}""", "invalid", "/operations/0/onMissing" },
        { """{"operations":[{"op":"reinforce","id":"ada"}]}""", "invalid", "/operations/0" },
        { """{"operations":[{"op":"reinforce","id":"ada","amount":2}]}""", "invalid", "/operations/0/amount" },
        { """{"operations":[{"op":"associate","association":{"source":"ada","type":"t"}}]}""", "invalid", "/operations/0/association" },
        { """{"operations":[{"op":"associate","association":{"source":"ada","type":"","target":"b"}}]}""", "invalid", "/operations/0/association/type" },
        { """{"operations":[{"op":"associate","association":{"source":"ada","type":"t","target":"b","labels":[]}}]}""", "unknown-member", "/operations/0/association/labels" },
        { """{"operations":[{"op":"associate","association":{"source":"ada","type":"t","target":"b"},"missingEndpoints":"make"}]}""", "invalid", "/operations/0/missingEndpoints" },
        { """{"operations":[{"op":"dissociate","source":"ada","type":"t"}]}""", "invalid", "/operations/0" },
        { """{"operations":[{"op":"dissociate","source":"ada","type":"t","target":"b","id":"x"}]}""", "unknown-member", "/operations/0/id" },
        { """{"operations":[],"preconditions":[{}]}""", "invalid", "/preconditions/0" },
        { """{"operations":[],"preconditions":[{"id":"ada"}]}""", "invalid", "/preconditions/0" },
        { """{"operations":[],"preconditions":[{"id":"ada","ifVersion":1,"ifExists":true}]}""", "invalid", "/preconditions/0" },
        { """{"operations":[],"preconditions":[{"id":"ada","source":"b","ifExists":true}]}""", "invalid", "/preconditions/0" },
        { """{"operations":[],"preconditions":[{"id":"ada","ifAbsent":false}]}""", "invalid", "/preconditions/0/ifAbsent" },
        { """{"operations":[],"preconditions":[{"id":"ada","ifVersion":9007199254740992}]}""", "limit", "/preconditions/0/ifVersion" },
        { """{"operations":[],"preconditions":[{"id":"ada","if":1}]}""", "unknown-member", "/preconditions/0/if" },
    };

    [Theory]
    [MemberData(nameof(Commits))]
    public async Task Commits_WhenTheBodyIsWrong_SayWhatAndWhere(string body, string kind, string? pointer)
    {
        var reply = await Server.PostAsync($"{_space}/commits", body);

        reply.RequireProblem(400, kind);
        Assert.Equal(pointer, reply.Member("pointer"));
        Assert.NotEmpty(reply.Token);
    }

    // Method, path under the space, body, status, kind, parameter.
    public static TheoryData<string, string, string?, int, string, string?> Requests => new()
    {
        { "GET", "/concepts/nobody", null, 404, "unknown-concept", null },
        { "GET", "/associations/ada/knows/nobody", null, 404, "unknown-association", null },
        { "GET", "/associations/ada/knows/b?key=other", null, 404, "unknown-association", null },
        { "GET", "/commits/never", null, 404, "not-seen", null },
        { "GET", "/nothing", null, 404, "unknown-route", null },
        { "GET", "/concepts/a/b", null, 404, "unknown-route", null },
        { "GET", "/concepts/ada?colour=red", null, 400, "unknown-member", "colour" },
        { "GET", "/concepts/ada?wait=1&wait=2", null, 400, "invalid", "wait" },
        { "GET", "/concepts/ada?wait=soon", null, 400, "invalid", "wait" },
        { "GET", "/concepts/ada?wait=-1", null, 400, "limit", "wait" },
        { "GET", "/concepts/ada?wait=99999999999999999999", null, 400, "limit", "wait" },
        { "GET", "/concepts?limit=-99999999999999999999", null, 400, "limit", "limit" },
        { "GET", "/concepts/ada?consistency=loose", null, 400, "invalid", "consistency" },
        { "GET", "/concepts/ada?after=x", null, 400, "wrong-token", "after" },
        { "GET", "/concepts/ada?asOf=9007199254740991", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=99999999999999999999", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=-1", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=yesterday", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=9999-01-01T00:00:00Z", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=1&asOf=1", null, 400, "invalid", "asOf" },
        { "GET", "/concepts/ada?asOf=2001-01-01T00:00:00Z", null, 410, "not-retained", null },
        { "GET", "/stats?asOf=1", null, 400, "unknown-member", "asOf" },
        { "GET", "/changes?asOf=1", null, 400, "unknown-member", "asOf" },
        { "POST", "/update?asOf=1", "{}", 400, "unknown-member", "asOf" },
        { "GET", "/commits/x?asOf=1", null, 400, "unknown-member", "asOf" },
        { "GET", "/concepts/ada?validAt=yesterday", null, 400, "invalid", "validAt" },
        { "GET", "/concepts/ada?fields=", null, 400, "invalid", "fields" },
        { "GET", "/concepts/ada?fields=id,,x", null, 400, "invalid", "fields" },
        { "GET", "/concepts/ada?fields=labels.x", null, 400, "invalid", "fields" },
        { "GET", "/concepts/ada?fields=%22open", null, 400, "invalid", "fields" },
        { "PUT", "/concepts/ada?onExists=skip", "{}", 400, "unknown-member", "onExists" },
        { "PUT", "/concepts/ada", """{"id":"bob"}""", 400, "invalid", null },
        { "PATCH", "/concepts/ada", """{"op":"patch"}""", 400, "unknown-member", null },
        { "PATCH", "/concepts/ada", """{"id":"bob"}""", 400, "invalid", null },
        { "PUT", "/associations/ada/knows/b", """{"source":"x"}""", 400, "invalid", null },
        { "PUT", "/associations/ada/knows/b?key=k", """{"key":"l"}""", 400, "invalid", null },
        { "PUT", "/associations/ada/knows/nobody", "{}", 409, "rejected", null },
        { "POST", "/get", """{"ids":["a","."]}""", 400, "invalid", null },
        { "POST", "/get", """{"ids":"a"}""", 400, "invalid", null },
        { "POST", "/get", "{}", 400, "invalid", null },
        { "POST", "/get", """{"id":["a"]}""", 400, "unknown-member", null },
        { "POST", "/import?format=xml", "", 400, "invalid", "format" },
        { "POST", "/import?onExists=x", "", 400, "invalid", "onExists" },
        { "GET", "/export?format=xml", null, 400, "invalid", "format" },
        { "GET", "/export?asOf=x", null, 400, "invalid", "asOf" },
        { "POST", "/query", "{}", 400, "not-supported", null },
        { "GET", "/imports/1", null, 404, "unknown-import", null },
        { "POST", "/concepts/ada", "{}", 405, "method-not-allowed", null },
        { "PATCH", "/associations/ada/knows/b", "{}", 405, "method-not-allowed", null },
        { "OPTIONS", "/concepts/ada", null, 405, "method-not-allowed", null },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Requests_WhenWrong_SayWhat(string method, string path, string? body, int status, string kind, string? parameter)
    {
        var reply = await Server.SendAsync(method, _space + path, body);

        reply.RequireProblem(status, kind);
        Assert.Equal(parameter, reply.Member("parameter"));
        Assert.Equal(status == 405, reply.Headers.ContainsKey("Allow"));
    }

    [Theory]
    [InlineData("GET", "/v1/spaces/UPPER")]
    [InlineData("PUT", "/v1/spaces/ab")]
    [InlineData("DELETE", "/v1/spaces/a_b")]
    public async Task Spaces_WhenTheNameIsNone_AreInvalid(string method, string path)
    {
        var reply = await Server.SendAsync(method, path, method == "PUT" ? "{}" : null);

        Assert.Equal("space", reply.RequireProblem(400, "invalid").Member("parameter"));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("GET", "/concepts/ada")]
    [InlineData("DELETE", "/concepts/ada")]
    [InlineData("GET", "/stats")]
    [InlineData("GET", "/export")]
    public async Task Spaces_WhenUnknown_AreNotFound(string method, string path) =>
        (await Server.SendAsync(method, "/v1/spaces/nowhere" + path)).RequireProblem(404, "unknown-space");

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/x-ndjson")]
    public async Task Commits_WhenOfAnotherType_AreNotRead(string contentType) =>
        (await Server.SendAsync("POST", $"{_space}/commits", "{}", contentType)).RequireProblem(415, "unsupported-media-type");

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("")]
    public async Task Commits_WhenOfAFittingType_AreRead(string contentType) =>
        (await Server.SendAsync("POST", $"{_space}/commits", """{"operations":[]}""", contentType)).Require(System.Net.HttpStatusCode.OK);

    [Theory]
    [InlineData("text/html", 406)]
    [InlineData("application/json;q=0", 406)]
    [InlineData("text/*, application/xml", 406)]
    [InlineData("text/html, */*;q=0.1", 200)]
    [InlineData("application/*", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    public async Task Get_WhenAcceptIsGiven_IsNegotiated(string accept, int status)
    {
        var reply = await Server.GetAsync($"{_space}/concepts/ada", ("Accept", accept));

        Assert.Equal(status, (int)reply.Status);
        if (status == 406)
        {
            Assert.Equal("not-acceptable", reply.Problem);
        }
    }

    [Fact]
    public async Task Syntax_WhenWrong_NamesLineAndColumn()
    {
        var reply = await Server.PostAsync($"{_space}/commits", "{\n  \"operations\": [}\n}");

        reply.RequireProblem(400, "syntax");
        Assert.Equal((2, 18), (reply["line"].GetInt32(), reply["column"].GetInt32()));
    }

    [Fact]
    public async Task Problems_WhenTheCallerTraces_CarryItsTrace()
    {
        var reply = await Server.GetAsync($"{_space}/concepts/nobody", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", reply.Member("traceId"));
    }
}
