using System.Buffers;
using Cairn.Primitives;

namespace Cairn.Functions.Json;

/// <summary>A name given twice in one object would lose one of the values, silently: refused wherever it is.</summary>
internal static class DistinctNames
{
    private const int FewNames = 8;

    /// <exception cref="Problems.ProblemException">invalid, at the second of the two.</exception>
    public static void Require(JsonNode container)
    {
        if (container.Count <= FewNames)
        {
            RequireFew(container);
            return;
        }

        var hashes = ArrayPool<uint>.Shared.Rent(container.Count);
        RequireMany(container, hashes);
        ArrayPool<uint>.Shared.Return(hashes);
    }

    private static void RequireFew(JsonNode container)
    {
        var seen = 0;
        foreach (var member in container.Members)
        {
            RequireNew(container, member, seen++);
        }
    }

    // Looking a hash up among the earlier ones is one vector search; only equal hashes are worth comparing names.
    private static void RequireMany(JsonNode container, Span<uint> hashes)
    {
        var seen = 0;
        foreach (var member in container.Members)
        {
            var hash = Crc32C.Compute(member.Name);
            if (hashes[..seen].Contains(hash))
            {
                RequireNew(container, member, seen);
            }

            hashes[seen++] = hash;
        }
    }

    private static void RequireNew(JsonNode container, JsonMember member, int seen)
    {
        var name = member.Name;
        foreach (var earlier in container.Members)
        {
            if (seen-- == 0)
            {
                return;
            }

            if (earlier.Is(name))
            {
                throw member.NameNode.Refuse($"the member '{member.NameNode}' comes twice");
            }
        }
    }
}
