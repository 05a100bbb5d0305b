using System.Text;
using System.Text.Unicode;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>A commit's id: the caller's, which makes it safe to repeat, or one of ours.</summary>
/// <param name="Text">1 to 128 visible ASCII characters.</param>
/// <param name="GivenByCaller">It is remembered.</param>
internal readonly record struct CommitIdentity(byte[] Text, bool GivenByCaller)
{
    public const string Header = "Idempotency-Key";

    /// <summary>A new one, in order of time.</summary>
    public static CommitIdentity New()
    {
        var text = new byte[32];
        Guid.CreateVersion7().TryFormat(text, out _, "N");
        return new(text, GivenByCaller: false);
    }

    /// <summary>The id of a line or item that gives none: made of the request's key, so that a repeat finds it again.</summary>
    public static CommitIdentity OfItem(byte[]? key, long number)
    {
        if (key is null)
        {
            return New();
        }

        Span<byte> text = stackalloc byte[Limits.CommitIdLength];
        Utf8.TryWrite(text, $"/{number}", out var length);
        return new([.. key, .. text[..length]], GivenByCaller: true);
    }

    /// <summary>From the header and the body's <c>id</c>; if both are there they are equal.</summary>
    public static CommitIdentity Of(string? key, JsonNode? id)
    {
        if (id is not { } given)
        {
            return key is null ? New() : new(OfKey(key, Limits.CommitIdLength), GivenByCaller: true);
        }

        RequireVisible(given);
        if (key is not null && !Ascii.Equals(given.Text, key))
        {
            throw given.Refuse($"differs from {Header}");
        }

        return new(given.Text.ToArray(), GivenByCaller: true);
    }

    /// <summary>The header's value.</summary>
    /// <param name="key">What was sent.</param>
    /// <param name="limit">The most characters; ingest leaves room for the line's number.</param>
    public static byte[] OfKey(string key, int limit)
    {
        if (key.Length > limit)
        {
            throw new ProblemException(new Problem(ProblemKinds.Limit, $"{Header}: at most {limit} characters")
            {
                Parameter = Header,
                Limit = limit,
                Actual = key.Length,
            });
        }

        return key.Length > 0 && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? Encoding.ASCII.GetBytes(key)
            : throw ProblemException.Parameter(Header, "must be visible ASCII characters");
    }

    private static void RequireVisible(JsonNode id)
    {
        var text = id.RequireText();
        if (text.Length > Limits.CommitIdLength)
        {
            throw id.OverLimit($"a commit's id has at most {Limits.CommitIdLength} characters", Limits.CommitIdLength, text.Length);
        }

        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            throw id.Refuse($"a commit's id is 1 to {Limits.CommitIdLength} visible ASCII characters");
        }
    }
}
