using System.Net;
using System.Text;
using System.Text.Json;

namespace Cairn.Functions.Tests.Serving;

/// <summary>An answer, read whole.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">All of them by name; several values are joined by commas.</param>
/// <param name="Bytes">Its body.</param>
public sealed record Reply(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    /// <summary>The lines of NDJSON.</summary>
    public JsonElement[] Lines => [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public JsonElement this[string member] => Json.GetProperty(member);

    public string Token => Headers["Cairn-Token"];

    /// <summary>The end of a problem's type, checked to be one of the right form.</summary>
    public string Problem
    {
        get
        {
            Assert.Equal("application/problem+json", Headers["Content-Type"]);
            Assert.Equal((int)Status, this["status"].GetInt32());
            Assert.False(string.IsNullOrEmpty(this["title"].GetString()));
            Assert.False(string.IsNullOrEmpty(this["detail"].GetString()));
            Assert.Matches("^[0-9a-f]{32}$", this["traceId"].GetString()!);
            var type = this["type"].GetString()!;
            Assert.StartsWith("urn:cairn:problem:", type, StringComparison.Ordinal);
            return type["urn:cairn:problem:".Length..];
        }
    }

    /// <summary>The reply itself, if it has that status.</summary>
    public Reply Require(HttpStatusCode status)
    {
        Assert.True(Status == status, $"expected {(int)status}, got {(int)Status}: {Text}");
        return this;
    }

    /// <summary>The reply itself, if it is that problem.</summary>
    public Reply RequireProblem(int status, string kind)
    {
        Assert.True((int)Status == status, $"expected {status} {kind}, got {(int)Status}: {Text}");
        Assert.True(Problem == kind, $"expected {kind}: {Text}");
        return this;
    }

    public string? Member(string name) => Json.TryGetProperty(name, out var member) ? member.ToString() : null;

    public static async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        return new(response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
