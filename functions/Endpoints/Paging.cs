using System.Text.Json;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>What lists have in common.</summary>
internal static class Paging
{
    /// <summary>Parameters of every list inside a space.</summary>
    public static readonly string[] Takes = [.. Reading.Takes, "limit", "cursor", "fields"];

    public const int DefaultLimit = 50;
    public const int MaxLimit = 1000;

    public static int Limit(Call call) => call.Query.Integer("limit", 1, MaxLimit, DefaultLimit);

    /// <summary>Where the list goes on; null: it is at its end.</summary>
    public static void WriteCursor(Utf8JsonWriter json, string? cursor)
    {
        if (cursor is null)
        {
            json.WriteNull("cursor"u8);
        }
        else
        {
            json.WriteString("cursor"u8, cursor);
        }
    }
}
