using System.Globalization;
using System.Text;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>What some searches find in the golden space: ids and scores, a line each.</summary>
internal static class GoldenSearches
{
    public static List<string> Of(Snapshot snapshot)
    {
        SearchQuery[] queries =
        [
            new() { Now = default, Text = "rivers stone number3"u8.ToArray() },
            new() { Now = default, Text = "\"of a river\" m1* bridge"u8.ToArray() },
            new() { Now = default, Text = "remember the bridge"u8.ToArray(), UsesBuiltInModel = true },
            new() { Now = default, Vector = [0.2f, 0.9f, 0.5f] },
        ];
        return [.. queries.SelectMany((query, i) => query.Start(snapshot).Run(default).Hits.Select(hit =>
            string.Create(CultureInfo.InvariantCulture, $"{i} {Encoding.UTF8.GetString(snapshot.Concept(hit.Row).Id)} {hit.Fused:F6}")))];
    }
}
