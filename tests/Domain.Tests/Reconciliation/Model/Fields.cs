using System.Collections.Immutable;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>A content that is given. Bytes are Latin-1 here, so that everything compares as text.</summary>
internal sealed record Content(ContentKind Kind, string Text);

/// <summary>An instant that is given; it may be given as none.</summary>
internal readonly record struct Instant(Timestamp? At);

/// <summary>An attribute, or the items to add to or remove from one.</summary>
internal sealed record NamedValue(string Name, Value Value)
{
    public override string ToString() => Literal.Of(Value) is { Length: > 100 } text ? $"{Name}: {text.AsSpan(0, 100)}…" : $"{Name}: {Literal.Of(Value)}";
}

/// <summary>The fields of a put, a patch or an associate. Null: not given.</summary>
internal sealed record Fields
{
    public static readonly Fields None = new();

    public ImmutableList<string>? Labels { get; init; }

    public ImmutableList<string>? AddLabels { get; init; }

    public ImmutableList<string>? RemoveLabels { get; init; }

    public Content? Content { get; init; }

    public string? MediaType { get; init; }

    public ImmutableList<NamedValue>? Attributes { get; init; }

    public ImmutableList<NamedValue>? AddItems { get; init; }

    public ImmutableList<NamedValue>? RemoveItems { get; init; }

    public ImmutableList<string>? RemoveAttributes { get; init; }

    public ImmutableList<float>? Vector { get; init; }

    public float? Strength { get; init; }

    public float? Confidence { get; init; }

    public Instant? ValidFrom { get; init; }

    public Instant? ValidTo { get; init; }

    public Instant? ExpiresAt { get; init; }

    public Timestamp? CreatedAt { get; init; }

    public Timestamp? UpdatedAt { get; init; }

    public Timestamp? ReinforcedAt { get; init; }

    public Members RemoveMembers { get; init; }

    public IEnumerable<Fields> Simpler() => new[]
    {
        None,
        this with { Labels = null }, this with { AddLabels = null }, this with { RemoveLabels = null },
        this with { Content = null }, this with { MediaType = null }, this with { Attributes = null },
        this with { AddItems = null }, this with { RemoveItems = null }, this with { RemoveAttributes = null },
        this with { Vector = null }, this with { Strength = null }, this with { Confidence = null },
        this with { ValidFrom = null }, this with { ValidTo = null }, this with { ExpiresAt = null },
        this with { CreatedAt = null }, this with { UpdatedAt = null }, this with { ReinforcedAt = null },
        this with { RemoveMembers = Members.None },
        this with { Attributes = Attributes is { Count: > 1 } ? Attributes.GetRange(0, Attributes.Count / 2) : Attributes },
        this with { Attributes = Attributes is { Count: > 1 } ? Attributes.GetRange(Attributes.Count / 2, Attributes.Count - (Attributes.Count / 2)) : Attributes },
    }.Where(simpler => !simpler.Equals(this));

    private bool PrintMembers(StringBuilder text)
    {
        var given = new List<string>();
        void Say(string name, object? value)
        {
            if (value is not null)
            {
                given.Add($"{name}={value}");
            }
        }

        Say("labels", Join(Labels));
        Say("+labels", Join(AddLabels));
        Say("-labels", Join(RemoveLabels));
        Say("content", Content is { } content ? $"{content.Kind} {Literal.Shorten(content.Text)}" : null);
        Say("mediaType", MediaType);
        Say("attributes", Join(Attributes));
        Say("+items", Join(AddItems));
        Say("-items", Join(RemoveItems));
        Say("-attributes", Join(RemoveAttributes));
        Say("vector", Join(Vector));
        Say("strength", Strength);
        Say("confidence", Confidence);
        Say("validFrom", ValidFrom?.At?.ToString() ?? (ValidFrom is null ? null : "none"));
        Say("validTo", ValidTo?.At?.ToString() ?? (ValidTo is null ? null : "none"));
        Say("expiresAt", ExpiresAt?.At?.ToString() ?? (ExpiresAt is null ? null : "none"));
        Say("createdAt", CreatedAt);
        Say("updatedAt", UpdatedAt);
        Say("reinforcedAt", ReinforcedAt);
        Say("-members", RemoveMembers == Members.None ? null : RemoveMembers);
        text.AppendJoin(", ", given);
        return given.Count > 0;
    }

    private static string? Join<T>(ImmutableList<T>? items) => items switch
    {
        null => null,
        { Count: > 8 } => $"[{string.Join(", ", items.Take(8))} … {items.Count}]",
        _ => $"[{string.Join(", ", items)}]",
    };
}
