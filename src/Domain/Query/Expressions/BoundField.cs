using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>A field of the concepts of one snapshot, its columns looked up once for all rows. One snapshot, one thread; reading allocates nothing.</summary>
internal sealed class BoundField(Snapshot snapshot, Timestamp now, FieldReference reference, WorkMeter work)
{
    private readonly AttributeColumn[] _columns =
        reference.Field == ConceptField.Attribute ? snapshot.Concepts.Layout.Of(reference.Attribute.Span).ToArray() : [];

    /// <summary>What it names.</summary>
    public FieldReference Reference => reference;

    /// <summary>The columns of the attribute, one per type that was seen; none of a built-in field. Rows with a bag may have it there.</summary>
    public ReadOnlySpan<AttributeColumn> Columns => _columns;

    /// <summary>It is an attribute, and not a part of one.</summary>
    public bool IsAttribute => reference is { Field: ConceptField.Attribute, Path.Count: 0 };

    /// <summary>Its value of a row, where it lies.</summary>
    public ValueView Read(int row)
    {
        var value = reference.Field == ConceptField.Attribute
            ? ConceptValues.Inside(ReadAttribute(row), reference.Path)
            : ConceptValues.Read(reference, snapshot.Concept(row), now);
        work.AddValue(value.Bytes.Length);
        return value;
    }

    private ValueView ReadAttribute(int row)
    {
        var view = new RowView(snapshot.Concepts, row);
        foreach (var column in _columns)
        {
            if (view.TryGet(column.Column, out var cell))
            {
                return snapshot.Concepts.Value(column, cell);
            }
        }

        return view.TryGet(HeaderColumn.Bag, out var bag) && AttributeBag.TryFind(snapshot.Concepts.Bytes(HeaderColumn.Bag, bag), reference.Attribute.Span, out var value)
            ? value
            : default;
    }
}
