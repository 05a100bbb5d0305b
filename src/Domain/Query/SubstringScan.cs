using System.Buffers;
using System.Text;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// Answers a <see cref="SubstringQuery"/>. Texts are lowered in buffers that are used again, so that a row allocates nothing. Texts of ASCII alone, which most are, stay bytes: they are
/// lowered and searched as vectors. Labels are looked at once for each set of them, of which there are few.
/// </summary>
internal sealed class SubstringScan : Scan<SubstringMatches>
{
    // Where each concept has labels of its own, remembering them would take more than it saves.
    private const int MostLabelSets = 4 * 1024;

    private readonly SubstringQuery _query;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly string _wanted;

    // Null: no text of ASCII has it.
    private readonly byte[]? _wantedAscii;
    private readonly AttributeColumn[] _columns;
    private readonly List<int> _rows = [];

    // By the number of a set of labels: whether one of them has it; null where none was asked for yet.
    private readonly bool?[] _labelSets;
    private byte[] _ascii = new byte[256];
    private char[] _text = new char[256];
    private char[] _lowered = new char[256];
    private int _row;
    private bool _hasMore;

    public SubstringScan(SubstringQuery query, Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        (_query, _snapshot, _visibility) = (query, snapshot, new(snapshot, query.Now, null));
        (_wanted, _row) = (Lower(query.Text), query.FirstRow);
        (_columns, _labelSets) = (snapshot.Concepts.Layout.Of(query.Attribute.Span).ToArray(), new bool?[Math.Min(snapshot.LabelSets.Count, MostLabelSets)]);
        _wantedAscii = Ascii.IsValid(_wanted) ? Encoding.ASCII.GetBytes(_wanted) : null;
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

    private bool HasLabel(ConceptView concept) => concept.LabelSetCode switch
    {
        < 0 => false,
        var set when set < _labelSets.Length => _labelSets[set] ??= FindLabel(concept),
        _ => FindLabel(concept),
    };

    private bool FindLabel(ConceptView concept)
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
        if (!concept.TryGetAttribute(_query.Attribute.Span, _columns, out var texts) || texts.Kind != ValueKind.Array)
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
        if (utf8.Length < _wanted.Length)
        {
            return false; // a letter has at least a byte, and lowering changes no count of letters
        }

        if (utf8.Length > _ascii.Length)
        {
            (_ascii, _text, _lowered) = (new byte[utf8.Length * 2], new char[utf8.Length * 2], new char[utf8.Length * 2]);
        }

        return Ascii.ToLower(utf8, _ascii, out var length) == OperationStatus.Done
            ? _wantedAscii is not null && _ascii.AsSpan(0, length).IndexOf(_wantedAscii) >= 0
            : ContainsBeyondAscii(utf8);
    }

    private bool ContainsBeyondAscii(ReadOnlySpan<byte> utf8)
    {
        var text = _text.AsSpan(0, Encoding.UTF8.GetChars(utf8, _text));
        var lowered = _lowered.AsSpan(0, text.Length);
        MemoryExtensions.ToLowerInvariant(text, lowered);
        return lowered.IndexOf(_wanted.AsSpan()) >= 0;
    }

    private static string Lower(string text) => string.Create(text.Length, text, static (lowered, text) => MemoryExtensions.ToLowerInvariant(text, lowered));
}
