using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>Several files whose ranges touch each other, as one range.</summary>
internal sealed class MergedSource : OutcomeSource
{
    private readonly IReadOnlyList<OutcomeFile> _files;
    private byte[] _records = [];
    private OutcomePlace _place;
    private int _file;
    private int _chunk;
    private int _record;
    private int _at;

    public MergedSource(IReadOnlyList<OutcomeFile> files)
    {
        for (var i = 1; i < files.Count; i++)
        {
            Invariant.Require(files[i].Range.After == files[i - 1].Range.End, "files of outcomes are merged that touch each other");
        }

        _files = files;
        Given = new((int)files.Sum(static file => file.Range.Given));
        Made = new((int)files.Sum(static file => file.Range.Commits - file.Range.Given));
        foreach (var file in files)
        {
            Given.AddRange(file.ReadIds(given: true));
            Made.AddRange(file.ReadIds(given: false));
        }
    }

    public override LogPosition After => _files[0].Range.After;

    public override LogPosition End => _files[^1].Range.End;

    public override Timestamp ForgottenBefore => _files[^1].Range.ForgottenBefore;

    public override OutcomeChunk? NextChunk()
    {
        OutcomeChunk? chunk = null;
        while (TryLoad())
        {
            var reader = new ByteReader(_records.AsSpan(_at));
            if (!TryAppend(ref chunk, OutcomeRecord.Read(ref reader, _place.Position, _place.Time)))
            {
                break;
            }

            (_at, _record) = (_at + reader.At, _record + 1);
        }

        return chunk;
    }

    // Whether there is a record at hand.
    private bool TryLoad()
    {
        if (_record < _place.Count)
        {
            return true;
        }

        for (; _file < _files.Count; _file++, _chunk = 0)
        {
            if (_chunk < _files[_file].Places.Count)
            {
                (_place, _records, _record, _at) = (_files[_file].Places[_chunk], _files[_file].ReadRecords(_chunk), 0, 0);
                _chunk++;
                return true;
            }
        }

        return false;
    }
}
