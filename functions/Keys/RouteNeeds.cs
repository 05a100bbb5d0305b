using System.Collections.Frozen;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Keys;

/// <summary>What a key must allow for a route.</summary>
internal enum Need
{
    /// <summary>Admin on all spaces: what nobody decided about, too.</summary>
    AdminOfAll,

    /// <summary>Nothing, not even a key.</summary>
    Nothing,

    /// <summary>Some key.</summary>
    AnyKey,

    ReadSpace,
    WriteSpace,
    AdminSpace,
}

/// <summary>The one table of what each route needs.</summary>
internal static class RouteNeeds
{
    private const string Space = "/v1/spaces/{space}";
    private const string Association = $"{Space}/associations/{{source}}/{{type}}/{{target}}";

    private static readonly FrozenDictionary<(string Method, string Template), Need> Table = new Dictionary<(string Method, string Template), Need>
    {
        [("GET", "/health")] = Need.Nothing,
        [("GET", "/health/live")] = Need.Nothing,
        [("GET", "/health/ready")] = Need.Nothing,
        [("GET", "/openapi.json")] = Need.AnyKey,
        [("GET", "/v1/spaces")] = Need.AnyKey, // shows those that the key may read
        [("GET", Space)] = Need.ReadSpace,
        [("PUT", Space)] = Need.AdminSpace,
        [("DELETE", Space)] = Need.AdminSpace,
        [("GET", $"{Space}/quota")] = Need.ReadSpace,
        [("PUT", $"{Space}/quota")] = Need.AdminOfAll, // a tenant does not raise its own
        [("POST", $"{Space}/commits")] = Need.WriteSpace,
        [("GET", $"{Space}/commits/{{id}}")] = Need.ReadSpace,
        [("POST", $"{Space}/ingest")] = Need.WriteSpace,
        [("POST", $"{Space}/update")] = Need.WriteSpace,
        [("POST", $"{Space}/import")] = Need.WriteSpace,
        [("GET", $"{Space}/imports/{{id}}")] = Need.ReadSpace,
        [("PUT", $"{Space}/concepts/{{id}}")] = Need.WriteSpace,
        [("PATCH", $"{Space}/concepts/{{id}}")] = Need.WriteSpace,
        [("GET", $"{Space}/concepts/{{id}}")] = Need.ReadSpace,
        [("DELETE", $"{Space}/concepts/{{id}}")] = Need.WriteSpace,
        [("PUT", Association)] = Need.WriteSpace,
        [("GET", Association)] = Need.ReadSpace,
        [("DELETE", Association)] = Need.WriteSpace,
        [("POST", $"{Space}/get")] = Need.ReadSpace,
        [("GET", $"{Space}/concepts")] = Need.ReadSpace,
        [("GET", $"{Space}/associations")] = Need.ReadSpace,
        [("GET", $"{Space}/concepts/{{id}}/neighbors")] = Need.ReadSpace,
        [("POST", $"{Space}/paths")] = Need.ReadSpace,
        [("POST", $"{Space}/aggregate")] = Need.ReadSpace,
        [("GET", $"{Space}/schema")] = Need.ReadSpace,
        [("POST", $"{Space}/search")] = Need.ReadSpace,
        [("POST", $"{Space}/query")] = Need.ReadSpace,
        [("GET", $"{Space}/export")] = Need.ReadSpace,
        [("GET", $"{Space}/changes")] = Need.ReadSpace,
        [("GET", $"{Space}/stats")] = Need.ReadSpace,
        [("POST", $"{Space}/forks")] = Need.AdminSpace,
        [("POST", "/v1/keys")] = Need.AdminOfAll,
        [("GET", "/v1/keys")] = Need.AdminOfAll,
        [("DELETE", "/v1/keys/{id}")] = Need.AdminOfAll,
        [("POST", "/mcp/{space}")] = Need.WriteSpace,
    }.ToFrozenDictionary();

    /// <summary>A route that is not in the table needs the most.</summary>
    public static Need Of(Route route) => Table.GetValueOrDefault((route.Method, route.Template));

    public static bool Knows(Route route) => Table.ContainsKey((route.Method, route.Template));
}
