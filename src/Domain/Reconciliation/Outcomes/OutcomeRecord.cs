using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// What is kept of one commit, as bytes where they lie: a head, position and time as what they lie behind those of the chunk's first record, the
/// digest of the body if its caller gave the id, and the outcome. docs/formats/outcomes.md has the layout.
/// </summary>
internal readonly ref struct OutcomeRecord
{
    private const int ShapeMask = 0x03;
    private const byte OneResult = 0;
    private const byte Runs = 1;
    private const byte Refused = 2;
    private const byte Given = 0x04;
    private const byte Reserved = 0x08;
    private const byte NoTarget = 0x80;
    private const int DetailShift = 4;
    private const int EffectMask = 0x07;
    private const int BodyBytes = 16;
    private readonly byte _head;
    private readonly ReadOnlySpan<byte> _rest;

    private OutcomeRecord(byte head, LogPosition position, Timestamp time, ReadOnlySpan<byte> rest)
    {
        (_head, Position, Time) = (head, position, time);
        _rest = rest;
    }

    /// <summary>Where the commit's frame ends.</summary>
    public LogPosition Position { get; }

    /// <summary>Log clock at the commit.</summary>
    public Timestamp Time { get; }

    /// <summary>Its caller gave the id.</summary>
    public bool IsGiven => (_head & Given) != 0;

    /// <summary>All of it applied.</summary>
    public bool IsCommitted => (_head & ShapeMask) != Refused;

    /// <summary>Bytes that a record with so many results fits into.</summary>
    public static int MaxBytes(int results) =>
        1 + (2 * ByteWriting.MaxVarintBytes) + BodyBytes + (2 * ByteWriting.MaxVarintBytes) + ResultRuns.MaxBytes(results);

    /// <summary>Writes a record and answers its length.</summary>
    /// <param name="bytes">Room for <see cref="MaxBytes"/>.</param>
    /// <param name="commit">Not before <paramref name="first"/> and <paramref name="firstTime"/>.</param>
    /// <param name="given">Its caller gave the id.</param>
    /// <param name="first">Position of the chunk's first record.</param>
    /// <param name="firstTime">Time of the chunk's first record.</param>
    public static int Write(Span<byte> bytes, in RememberedCommit commit, bool given, LogPosition first, Timestamp firstTime)
    {
        var outcome = commit.Outcome;
        bytes[0] = (byte)(Head(outcome) | (given ? Given : 0));
        var at = WritePlace(bytes, outcome.Position, commit.Time, first, firstTime);
        if (given)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes[at..], commit.Body);
            at += BodyBytes;
        }

        switch (bytes[0] & ShapeMask)
        {
            case Runs:
                at += ByteWriting.Varint(bytes[at..], (ulong)outcome.Results.Count);
                return at + ResultRuns.Write(outcome.Results, outcome.Position, bytes[at..]);
            case Refused:
                at += ByteWriting.Varint(bytes[at..], (ulong)(outcome.Operation + 1));
                return at + ByteWriting.Varint(bytes[at..], (ulong)(outcome.Precondition + 1));
            default:
                return at;
        }
    }

    /// <summary>Reads the record at hand and goes behind it.</summary>
    /// <exception cref="CairnException">Corrupt: the bytes are no record.</exception>
    public static OutcomeRecord Read(scoped ref ByteReader reader, LogPosition first, Timestamp firstTime)
    {
        var head = reader.Byte();
        var position = reader.Varint63();
        var time = reader.Varint63();
        if (position > LogPosition.Max.Value - first.Value || time > Timestamp.Max.Microseconds - firstTime.Microseconds || (head & Reserved) != 0)
        {
            throw Malformed.Because("an outcome's position, time or flags are out of range");
        }

        var own = new LogPosition(first.Value + position);
        var start = reader.At;
        reader.Take((head & Given) != 0 ? BodyBytes : 0);
        Skip(ref reader, head, own);
        return new(head, own, new(firstTime.Microseconds + time), reader.Since(start));
    }

    /// <summary>Writes it again, in another chunk, and answers its length.</summary>
    public int WriteTo(Span<byte> bytes, LogPosition first, Timestamp firstTime)
    {
        bytes[0] = _head;
        var at = WritePlace(bytes, Position, Time, first, firstTime);
        _rest.CopyTo(bytes[at..]);
        return at + _rest.Length;
    }

    /// <summary>Bytes that <see cref="WriteTo"/> needs at most.</summary>
    public int MaxBytesAgain => 1 + (2 * ByteWriting.MaxVarintBytes) + _rest.Length;

    /// <summary>The whole, decoded. Allocates.</summary>
    public RememberedCommit Decode()
    {
        var reader = new ByteReader(_rest);
        var body = IsGiven ? BinaryPrimitives.ReadUInt128LittleEndian(reader.Take(BodyBytes)) : 0;
        var detail = _head >> DetailShift;
        return new(Time, body, (_head & ShapeMask) switch
        {
            OneResult => new()
            {
                Kind = OutcomeKind.Committed,
                Position = Position,
                Results = [new((Effect)(detail & EffectMask), (_head & NoTarget) != 0 ? LogPosition.Zero : Position)],
            },
            Runs => new() { Kind = OutcomeKind.Committed, Position = Position, Results = ResultRuns.Read(ref reader, Position, (int)reader.Varint()) },
            _ => new()
            {
                Kind = OutcomeKind.Rejected,
                Position = Position,
                Reason = (RejectionReason)detail,
                Operation = (int)reader.Varint() - 1,
                Precondition = (int)reader.Varint() - 1,
            },
        });
    }

    private static int WritePlace(Span<byte> bytes, LogPosition position, Timestamp time, LogPosition first, Timestamp firstTime)
    {
        Invariant.Require(position >= first && time >= firstTime, "outcomes are kept in the order of the log");
        var at = 1 + ByteWriting.Varint(bytes[1..], (ulong)(position.Value - first.Value));
        return at + ByteWriting.Varint(bytes[at..], (ulong)(time.Microseconds - firstTime.Microseconds));
    }

    // Most commits have one operation: its result is part of the head, unless it kept an older version.
    private static int Head(CommitOutcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Rejected)
        {
            return Refused | ((int)outcome.Reason << DetailShift);
        }

        return outcome.Results is [var only] && (only.Version == outcome.Position || only.Version == LogPosition.Zero)
            ? OneResult | ((int)only.Effect << DetailShift) | (only.Version == LogPosition.Zero ? NoTarget : 0)
            : Runs;
    }

    private static void Skip(scoped ref ByteReader reader, byte head, LogPosition own)
    {
        var detail = head >> DetailShift;
        switch (head & ShapeMask)
        {
            case OneResult when (Effect)(detail & EffectMask) is >= Effect.Created and <= Effect.Deleted:
                return;
            case Runs when detail == 0 && reader.Varint() is var count and <= Limits.Operations:
                ResultRuns.Skip(ref reader, own, (int)count);
                return;
            case Refused when (RejectionReason)detail is >= RejectionReason.Exists and <= RejectionReason.Reused
                && reader.Varint() <= Limits.Operations && reader.Varint() <= Limits.Preconditions:
                return;
            default:
                throw Malformed.Because("an outcome is of no known kind, or over a limit");
        }
    }
}
