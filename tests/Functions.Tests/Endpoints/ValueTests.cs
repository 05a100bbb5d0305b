using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Values keep their type and every bit on the way in and out.</summary>
public sealed class ValueTests : ServerTests
{
    [Theory]
    [InlineData("null", "null")]
    [InlineData("true", "true")]
    [InlineData("1", "1")]
    [InlineData("-0", "0")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("1.0", "1.0")]
    [InlineData("-0.0", "0.0")]
    [InlineData("0.1", "0.1")]
    [InlineData("1e2", "100.0")]
    [InlineData("1E300", "1E+300")]
    [InlineData("5e-324", "5E-324")]
    [InlineData("123456789012345678901234567890.0", "1.2345678901234568E+29")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"Grüße, 世界 🌍\"", "\"Grüße, 世界 🌍\"")]
    [InlineData("\"\\ud83c\\udf0d \\n\\\"\"", "\"🌍 \\n\\\"\"")]
    [InlineData("[]", "[]")]
    [InlineData("[1,1.0,[true,null],{\"a\":\"b\"}]", "[1,1.0,[true,null],{\"a\":\"b\"}]")]
    [InlineData("{}", "{}")]
    [InlineData("{\"\":1}", "{\"\":1}")]
    [InlineData("{\"$$x\":1,\"$$$y\":2}", "{\"$$x\":1,\"$$$y\":2}")]
    [InlineData("{\"$datetime\":\"2026-01-31T12:00:00Z\"}", "{\"$datetime\":\"2026-01-31T12:00:00Z\"}")]
    [InlineData("{\"$datetime\":\"2026-01-31T12:00:00.1234567+02:00\"}", "{\"$datetime\":\"2026-01-31T10:00:00.123456Z\"}")]
    [InlineData("{\"$datetime\":\"0001-01-01T00:00:00Z\"}", "{\"$datetime\":\"0001-01-01T00:00:00Z\"}")]
    [InlineData("{\"$datetime\":\"9999-12-31T23:59:59.999999Z\"}", "{\"$datetime\":\"9999-12-31T23:59:59.999999Z\"}")]
    [InlineData("{\"$bytes\":\"AAEC/w==\"}", "{\"$bytes\":\"AAEC/w==\"}")]
    [InlineData("{\"$bytes\":\"\"}", "{\"$bytes\":\"\"}")]
    [InlineData("{\"$int64\":\"9007199254740993\"}", "9007199254740993")]
    [InlineData("{\"$int64\":7}", "7")]
    [InlineData("{\"$float64\":1}", "1.0")]
    [InlineData("{\"$float64\":0.5}", "0.5")]
    public async Task Attribute_WhenWrittenAndRead_IsTheSame(string sent, string expected)
    {
        var space = NewSpace();
        (await Server.PutAsync($"{space}/concepts/a", $$"""{"attributes":{"v":{{sent}} } }""")).Require(HttpStatusCode.Created);

        var reply = await Server.GetAsync($"{space}/concepts/a");

        // Of texts, the escapes may differ.
        var value = reply["attributes"].GetProperty("v");
        Assert.Equal(
            value.ValueKind == JsonValueKind.String ? JsonDocument.Parse(expected).RootElement.GetString() : expected,
            value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
    }

    [Fact]
    public async Task Names_WhenTheyBeginWithADollar_AreDoubledBothWays()
    {
        var space = NewSpace();
        (await Server.PutAsync($"{space}/concepts/a", """{"attributes":{"$$datetime":"x"}}""")).Require(HttpStatusCode.Created);

        Assert.Equal("""{"$$datetime":"x"}""", (await Server.GetAsync($"{space}/concepts/a"))["attributes"].GetRawText());
        Assert.Equal("""{"attributes":{"$$datetime":"x"}}""", (await Server.GetAsync($"{space}/concepts/a?fields=%24datetime")).Text);
    }

    [Theory]
    [InlineData("""[0.1,-2,3e-5]""", "[0.1,-2.0,3E-05]")]
    [InlineData("""{"$f32":"AACAPwAAAEA="}""", "[1.0,2.0]")]
    [InlineData("[]", "null")]
    [InlineData("null", "null")]
    public async Task Vector_WhenWrittenAndRead_IsTheSame(string sent, string expected)
    {
        var space = NewSpace();
        (await Server.PutAsync($"{space}/concepts/a", $$"""{"vector":{{sent}}}""")).Require(HttpStatusCode.Created);

        Assert.Equal(expected, (await Server.GetAsync($"{space}/concepts/a?fields=vector"))["vector"].GetRawText());
    }

    [Fact]
    public async Task Vector_WhenTheSpaceFixesItsDimensions_MustHaveThem()
    {
        var space = NewSpace();
        await Server.PutAsync(space, """{"vector":{"dimensions":2}}""");

        (await Server.PutAsync($"{space}/concepts/a", """{"vector":[1,2]}""")).Require(HttpStatusCode.Created);
        var reply = (await Server.PutAsync($"{space}/concepts/b", """{"vector":[1,2,3]}""")).RequireProblem(400, "limit");

        Assert.Equal(("/vector", 2, 3), (reply.Member("pointer"), reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    [Theory]
    [InlineData("[0,0]")]
    [InlineData("[0,-0.0,1e-60]")]
    [InlineData("""{"$f32":"AAAAAAAAAIA="}""")]
    public async Task Vector_WhenItIsAllZeros_IsRefusedWhereCosineCompares(string zeros)
    {
        var space = NewSpace();
        var body = $$"""{"vector":{{zeros}}}""";

        Assert.Equal("/vector", (await Server.PutAsync($"{space}/concepts/a", body)).RequireProblem(400, "invalid").Member("pointer"));
        await Server.PutAsync(space, """{"vector":{"metric":"dot"}}""");
        (await Server.PutAsync($"{space}/concepts/a", body)).Require(HttpStatusCode.Created);
        await Server.PutAsync(space, """{"vector":{"metric":"cosine"}}""");
        var patch = $$"""{"operations":[{"op":"patch","id":"a","set":{{body}}}]}""";
        Assert.Equal("/operations/0/set/vector", (await Server.PostAsync($"{space}/commits", patch)).RequireProblem(400, "invalid").Member("pointer"));
    }

    [Theory]
    [InlineData("""[1,1e39]""", "/vector/1")]
    [InlineData("""{"$f32":"AACAPwAAwH8="}""", "/vector")]
    [InlineData("""{"$f32":"AACA/w=="}""", "/vector")]
    public async Task Vector_WhenItIsNotFinite_IsRefused(string vector, string pointer) =>
        Assert.Equal(pointer, (await Server.PutAsync($"{NewSpace()}/concepts/a", $$"""{"vector":{{vector}}}""")).RequireProblem(400, "invalid").Member("pointer"));

    [Fact]
    public async Task Content_WhenItIsBytes_StaysBytes()
    {
        var space = NewSpace();
        await Server.PutAsync($"{space}/concepts/a", """{"content":{"$bytes":"AAEC"},"mediaType":"application/octet-stream"}""");

        var reply = await Server.GetAsync($"{space}/concepts/a");

        Assert.Equal("""{"$bytes":"AAEC"}""", reply["content"].GetRawText());
        Assert.Equal("application/octet-stream", reply.Member("mediaType"));
    }

    [Fact]
    public async Task Body_WhenItBeginsWithAByteOrderMark_IsRead() =>
        (await Server.PutAsync($"{NewSpace()}/concepts/a", "\uFEFF{}")).Require(HttpStatusCode.Created);
}
