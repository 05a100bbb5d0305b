using System.Text;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Labels or association types, any of which will do. Default: everything matches.</summary>
public readonly struct CodeFilter
{
    private readonly int[]? _codes;

    private CodeFilter(int[] codes) => _codes = codes;

    /// <summary>Everything matches.</summary>
    public static CodeFilter Any => default;

    /// <summary>Nothing is left out.</summary>
    public bool IsAny => _codes is null;

    /// <summary>Codes as <see cref="Snapshot.FindLabel"/> and <see cref="Snapshot.FindType"/> give them; −1 matches nothing. No code at all: nothing matches.</summary>
    public static CodeFilter Of(params ReadOnlySpan<int> codes) => new(codes.ToArray());

    /// <summary>Association types by name; a name that the space never saw matches nothing. No name at all: everything matches.</summary>
    public static CodeFilter OfTypes(Snapshot snapshot, IReadOnlyCollection<string> names) =>
        names.Count == 0 ? Any : new([.. names.Select(name => snapshot.FindType(Encoding.UTF8.GetBytes(name)))]);

    /// <summary>Labels by name; a name that the space never saw matches nothing. No name at all: everything matches.</summary>
    public static CodeFilter OfLabels(Snapshot snapshot, IReadOnlyCollection<string> names) =>
        names.Count == 0 ? Any : new([.. names.Select(name => snapshot.FindLabel(Encoding.UTF8.GetBytes(name)))]);

    /// <summary>Whether a code is among them. Linear: a request names few.</summary>
    public bool Matches(int code) => _codes is null || _codes.AsSpan().Contains(code);

    /// <summary>Whether a concept has one of the labels.</summary>
    internal bool Matches(ConceptView concept) => _codes is null || concept.HasAnyLabel(_codes);

    /// <summary>Whether a set of labels, as the snapshot keeps it, has one of the labels.</summary>
    internal bool MatchesSet(ReadOnlySpan<byte> labelSet) => _codes is null || ConceptView.HasAnyLabel(labelSet, _codes);
}
