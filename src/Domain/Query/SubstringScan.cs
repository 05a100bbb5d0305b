using System.Text;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Answers a <see cref="SubstringQuery"/>. Texts are lowered in two buffers that are used again, so that a row allocates nothing.</summary>
internal sealed class SubstringScan : Scan<SubstringMatches>
{
    private readonly SubstringQuery _query;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly string _wanted;
    private readonly List<int> _rows = [];
    private char[] _text = new char[256];
    private char[] _lowered = new char[256];
    private int _row;
    private bool _hasMore;

    public SubstringScan(SubstringQuery query, Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        (_query, _snapshot, _visibility) = (query, snapshot, new(snapshot, query.Now, null));
        (_wanted, _row) = (Lower(query.Text), query.FirstRow);
    }

    public override SubstringMatches Result => new(_rows, _hasMore);

    public override bool Step()
    {
        Work.BeginSlice();
        for (var end = RowsVisited + RowsPerSlice; RowsVisited < end && !Work.IsSliceSpent; RowsVisited++, _row++)
        {
            if (_row >= _snapshot.ConceptRows)
            {
                return false;
            }

            if (!_visibility.ShowsConcept(_row) || !Matches(_snapshot.Concept(_row)))
            {
                continue;
            }

            if (_rows.Count == _query.Limit)
            {
                _hasMore = true;
                return false;
            }

            _rows.Add(_row);
        }

        return true;
    }

    private bool Matches(ConceptView concept) => _wanted.Length == 0 || Contains(concept.Id) || HasLabel(concept) || HasText(concept);

    private bool HasLabel(ConceptView concept)
    {
        for (var i = 0; i < concept.LabelCount; i++)
        {
            if (Contains(concept.Label(i)))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasText(ConceptView concept)
    {
        if (!concept.TryGetAttribute(_query.Attribute.Span, out var texts) || texts.Kind != ValueKind.Array)
        {
            return false;
        }

        for (var items = texts.Items(); items.TryRead(out var item);)
        {
            if (item.Kind == ValueKind.String && Contains(item.Bytes))
            {
                return true;
            }
        }

        return false;
    }

    private bool Contains(ReadOnlySpan<byte> utf8)
    {
        Work.AddValue(utf8.Length);
        if (utf8.Length > _text.Length)
        {
            (_text, _lowered) = (new char[utf8.Length * 2], new char[utf8.Length * 2]);
        }

        var text = _text.AsSpan(0, Encoding.UTF8.GetChars(utf8, _text));
        var lowered = _lowered.AsSpan(0, text.Length);
        MemoryExtensions.ToLowerInvariant(text, lowered);
        return lowered.IndexOf(_wanted.AsSpan()) >= 0;
    }

    private static string Lower(string text) => string.Create(text.Length, text, static (lowered, text) => MemoryExtensions.ToLowerInvariant(text, lowered));
}
