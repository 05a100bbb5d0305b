using System.Collections.Immutable;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>What concepts and associations have in common.</summary>
internal abstract record Record
{
    public ImmutableSortedDictionary<string, Value> Attributes { get; init; } = ImmutableSortedDictionary.Create<string, Value>(StringComparer.Ordinal);

    public float Strength { get; init; } = 1;

    public float Confidence { get; init; } = 1;

    public Timestamp? ValidFrom { get; init; }

    public Timestamp? ValidTo { get; init; }

    public LogPosition Version { get; init; }

    public Timestamp CreatedAt { get; init; }

    public Timestamp UpdatedAt { get; init; }

    public Timestamp ReinforcedAt { get; init; }

    /// <summary>Everything but version and times of the service: it changed if this text did.</summary>
    public virtual string Stored =>
        $"{string.Join(" ", Attributes.Select(attribute => $"{attribute.Key}={Literal.Of(attribute.Value)}"))} "
        + $"strength {BitConverter.SingleToInt32Bits(Strength):X} confidence {BitConverter.SingleToInt32Bits(Confidence):X} valid {ValidFrom} to {ValidTo}";

    /// <summary>Everything.</summary>
    public string Everything => $"v{Version} {Stored} created {CreatedAt} updated {UpdatedAt} reinforced {ReinforcedAt}";

    public float StrengthAt(Timestamp now, TimeSpan? halfLife) => Decay.At(Strength, ReinforcedAt, now, halfLife);
}

internal sealed record ConceptRecord : Record
{
    public static readonly Content NoContent = new(ContentKind.None, "");

    public ImmutableList<string> Labels { get; init; } = [];

    public Content Content { get; init; } = NoContent;

    public string MediaType { get; init; } = "";

    public ImmutableList<float> Vector { get; init; } = [];

    public Timestamp? ExpiresAt { get; init; }

    public override string Stored =>
        $"[{string.Join(",", Labels)}] {Content.Kind} '{Literal.Shorten(Content.Text)}' ({MediaType}) <{string.Join(",", Vector)}> expires {ExpiresAt} {base.Stored}";
}

internal sealed record AssociationRecord : Record;

/// <summary>All that is stored, expired concepts included. Implied concepts are the ends of associations that are not stored themselves.</summary>
internal sealed record ReferenceState(ImmutableDictionary<string, ConceptRecord> Concepts, ImmutableDictionary<AssociationKey, AssociationRecord> Associations)
{
    public static readonly ReferenceState Empty = new(
        ImmutableDictionary.Create<string, ConceptRecord>(StringComparer.Ordinal), ImmutableDictionary<AssociationKey, AssociationRecord>.Empty);

    public IEnumerable<string> Implied =>
        Associations.Keys.SelectMany(key => new[] { key.Source, key.Target }).Where(id => !Concepts.ContainsKey(id)).Distinct();

    public ReferenceState With(string id, ConceptRecord concept) => this with { Concepts = Concepts.SetItem(id, concept) };

    public ReferenceState With(AssociationKey key, AssociationRecord association) => this with { Associations = Associations.SetItem(key, association) };

    /// <summary>A concept goes with its associations.</summary>
    public ReferenceState Without(string id) => new(
        Concepts.Remove(id), Associations.RemoveRange(Associations.Keys.Where(key => key.Source == id || key.Target == id)));

    public ReferenceState Without(string id, bool condition) => condition ? Without(id) : this;

    public ReferenceState Without(AssociationKey key) => this with { Associations = Associations.Remove(key) };
}
