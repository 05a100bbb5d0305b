using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Schemas;

/// <summary>What there is in a space: labels, types of associations, and attributes with the types of their values, each with how often.</summary>
/// <remarks>Every concept and association is visited once, most of them by counting bits.</remarks>
public sealed record SchemaQuery
{
    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only concepts and associations that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Names of each sort at most, the first ones by bytes; 1 or more.</summary>
    public int MaxNames { get; init; } = Limits.SchemaNames;

    /// <summary>Begins to count.</summary>
    public Scan<SpaceSchema> Start(Snapshot snapshot) => new SchemaScan(this, snapshot);
}

/// <summary>What there is in a space. Names in byte order; none that nothing has.</summary>
/// <param name="Labels">How many concepts have each.</param>
/// <param name="AssociationTypes">How many associations have each.</param>
/// <param name="Attributes">Of concepts.</param>
/// <param name="AssociationAttributes">Of associations.</param>
/// <param name="IsTruncated">There are more names of one sort than <see cref="SchemaQuery.MaxNames"/>.</param>
public sealed record SpaceSchema(
    IReadOnlyList<NameCount> Labels,
    IReadOnlyList<NameCount> AssociationTypes,
    IReadOnlyList<AttributeTypes> Attributes,
    IReadOnlyList<AttributeTypes> AssociationAttributes,
    bool IsTruncated);

/// <summary>A name and how many have it.</summary>
/// <param name="Name">UTF-8.</param>
/// <param name="Count">At least 1.</param>
public readonly record struct NameCount(ReadOnlyMemory<byte> Name, long Count);

/// <summary>An attribute and the types of its values.</summary>
/// <param name="Name">UTF-8.</param>
/// <param name="Counts">By <see cref="ValueKind"/>: how many have it with a value of that type, stored nulls included.</param>
public readonly record struct AttributeTypes(ReadOnlyMemory<byte> Name, IReadOnlyList<long> Counts);
