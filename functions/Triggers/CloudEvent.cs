using System.Security.Cryptography;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Triggers;

/// <summary>
/// A commit as an event of CloudEvents 1.0, in structured JSON: <c>type</c> is <see cref="Type"/>, <c>subject</c> the space, <c>data</c> the commit. Producers
/// make an event unique by source and id, so that both together are the id of a commit that gives none. A pure function.
/// </summary>
internal static class CloudEvent
{
    public const string Type = "cairn.commit";

    private const int HashBytes = 16;

    /// <summary>Whether an object claims to be one: the specification asks for this attribute.</summary>
    public static bool Is(JsonNode root) => root.TryGet("specversion"u8, out _);

    /// <exception cref="ProblemException">What the sender has to mend. Attributes that are no member of ours are extensions, which the specification allows.</exception>
    public static IngestMessage Read(JsonNode root)
    {
        RequireWord(Require(root, "specversion"u8, "specversion"), "1.0");
        RequireWord(Require(root, "type"u8, "type"), Type);
        if (root.TryGet("datacontenttype"u8, out var content) && !MediaTypeIsJson(content))
        {
            throw content.Refuse("data is JSON");
        }

        var (source, id) = (Name(root, "source"u8, "source"), Name(root, "id"u8, "id"));
        return new(IngestMessage.ReadSpace(Require(root, "subject"u8, "subject, the space,")), Require(root, "data"u8, "data, the commit,"), Claim: null, Id: null)
        {
            Name = NameOf(source.Text, id.Text),
        };
    }

    /// <summary>The id of a commit that gives none.</summary>
    public static string NameOf(ReadOnlySpan<byte> source, ReadOnlySpan<byte> id)
    {
        // A source is a URI reference, which has no line break.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. source, (byte)'\n', .. id], hash);
        return $"ce-{Convert.ToHexStringLower(hash[..HashBytes])}";
    }

    private static JsonNode Require(JsonNode root, ReadOnlySpan<byte> name, string what) =>
        root.TryGet(name, out var node) ? node : throw root.Refuse($"{what} is missing");

    private static JsonNode Name(JsonNode root, ReadOnlySpan<byte> name, string what)
    {
        var node = Require(root, name, what);
        return node.RequireText().IsEmpty || node.Text.Contains((byte)'\n') ? throw node.Refuse($"{what} is a text without line breaks") : node;
    }

    private static void RequireWord(JsonNode node, string word) => node.RequireWord(word);

    private static bool MediaTypeIsJson(JsonNode node)
    {
        node.RequireText();
        return Answers.MediaTypes.IsJson(node.ToString());
    }
}
