using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Json;

/// <summary>
/// One JSON text as a flat list of tokens over the caller's bytes: read once, then visited in any order, because members come in any order and an
/// operation must know its target before its fields. Reused from text to text; one thread; it never copies the text, except strings with escapes.
/// </summary>
/// <remarks>
/// Invariants after <see cref="Parse"/>: the text is UTF-8 and JSON; no object has a name twice; a container's <c>Next</c> is the token after its last
/// child; an object's children alternate name, value. Nodes are valid until the next Parse.
/// </remarks>
internal sealed class JsonTape : IDisposable
{
    /// <summary>Open containers at once: attribute values nest 8 deep, 5 below the root of a commit.</summary>
    public const int MaxDepth = 32;

    private const int MaxKeptTokens = 64 * 1024;

    private Token[] _tokens = ArrayPool<Token>.Shared.Rent(256);
    private int _count;
    private ReadOnlyMemory<byte> _text;
    private byte[] _unescaped = [];
    private int _unescapedLength;

    /// <summary>Start and Length are of the text without quotes; a container's Length counts its members or items, and its Next is unset while it is open.</summary>
    internal struct Token
    {
        public int Start, Length, Next;
        public JsonKind Kind;
        public TextForm Form;
    }

    internal enum TextForm : byte { Plain, Escaped, Unescaped }

    /// <summary>The node that is being worked on: what a failure further down is pinned to.</summary>
    public int Cursor { get; set; }

    public JsonNode Root => new(this, 0);

    /// <summary>The text that was read, without a byte order mark.</summary>
    public ReadOnlyMemory<byte> Text => _text;

    /// <summary>Worth keeping for the next text.</summary>
    public bool IsSmall => _tokens.Length <= MaxKeptTokens && _unescaped.Length <= MaxKeptTokens;

    /// <summary>Forgets the text.</summary>
    public void Clear() => (_text, _count, _unescapedLength, Cursor) = (default, 0, 0, 0);

    /// <summary>Reads a whole text. It must stay unchanged while nodes are in use.</summary>
    /// <exception cref="ProblemException">syntax (line and column), invalid (a name twice), limit (depth).</exception>
    public JsonNode Parse(ReadOnlyMemory<byte> utf8)
    {
        _text = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        (_count, _unescapedLength, Cursor) = (0, 0, 0);
        if (!Utf8.IsValid(_text.Span))
        {
            throw JsonSyntax.NotUtf8(_text.Span);
        }

        var reader = new Utf8JsonReader(_text.Span, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            Read(ref reader);
        }
        catch (JsonException e)
        {
            throw JsonSyntax.NotJson(e);
        }

        return Root;
    }

    private void Read(ref Utf8JsonReader reader)
    {
        Span<int> open = stackalloc int[MaxDepth];
        var depth = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                Close(open[--depth]);
                continue;
            }

            var index = Add(ref reader);
            if (depth > 0 && reader.TokenType != JsonTokenType.PropertyName)
            {
                _tokens[open[depth - 1]].Length++;
            }

            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                if (depth == MaxDepth)
                {
                    throw JsonSyntax.TooDeep(MaxDepth);
                }

                open[depth++] = index;
            }
        }
    }

    private int Add(ref Utf8JsonReader reader)
    {
        if (_count == _tokens.Length)
        {
            Grow();
        }

        var kind = KindOf(reader.TokenType);
        var (quoted, container) = (kind is JsonKind.String or JsonKind.Name, kind is JsonKind.Array or JsonKind.Object);
        ref var token = ref _tokens[_count];
        token.Kind = kind;
        token.Form = reader.ValueIsEscaped ? TextForm.Escaped : TextForm.Plain;
        token.Start = (int)reader.TokenStartIndex + (quoted ? 1 : 0);
        token.Length = container ? 0 : reader.ValueSpan.Length;
        token.Next = container ? int.MaxValue : _count + 1;
        return _count++;
    }

    private void Close(int container)
    {
        ref var token = ref _tokens[container];
        token.Next = _count;
        if (token.Kind == JsonKind.Object && token.Length > 1)
        {
            DistinctNames.Require(new JsonNode(this, container));
        }
    }

    internal ref readonly Token this[int index] => ref _tokens[index];

    /// <summary>The text of a string, name or number; escapes undone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ReadOnlySpan<byte> TextOf(int index)
    {
        ref var token = ref _tokens[index];
        return token.Form == TextForm.Plain ? _text.Span.Slice(token.Start, token.Length) : Unescape(index);
    }

    /// <summary>The text of an object as it came. Found by reading it again: no token tells where it ends.</summary>
    internal ReadOnlyMemory<byte> ObjectTextOf(int index)
    {
        var text = _text[_tokens[index].Start..];
        var reader = new Utf8JsonReader(text.Span);
        reader.Read();
        reader.Skip();
        return text[..(int)reader.BytesConsumed];
    }

    private ReadOnlySpan<byte> Unescape(int index)
    {
        ref var token = ref _tokens[index];
        if (token.Form == TextForm.Escaped)
        {
            // Undone text is never longer than the text itself, so one buffer of its length serves all strings and never moves.
            if (_unescaped.Length < _text.Length)
            {
                _unescaped = new byte[_text.Length];
            }

            var reader = new Utf8JsonReader(_text.Span.Slice(token.Start - 1, token.Length + 2));
            reader.Read();
            try
            {
                token.Length = reader.CopyString(_unescaped.AsSpan(_unescapedLength));
            }
            catch (InvalidOperationException)
            {
                // From here on its raw text stands for it: a name is needed for the pointer of its own refusal.
                token.Form = TextForm.Plain;
                throw new JsonNode(this, index).Refuse("half of a surrogate pair is not text");
            }

            (token.Start, token.Form) = (_unescapedLength, TextForm.Unescaped);
            _unescapedLength += token.Length;
        }

        return _unescaped.AsSpan(token.Start, token.Length);
    }

    /// <summary>How many tokens lie before the end so far; nodes are below it.</summary>
    internal int Count => _count;

    private void Grow()
    {
        var larger = ArrayPool<Token>.Shared.Rent(_tokens.Length * 2);
        _tokens.CopyTo(larger, 0);
        ArrayPool<Token>.Shared.Return(_tokens);
        _tokens = larger;
    }

    private static JsonKind KindOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => JsonKind.Object,
        JsonTokenType.StartArray => JsonKind.Array,
        JsonTokenType.PropertyName => JsonKind.Name,
        JsonTokenType.String => JsonKind.String,
        JsonTokenType.Number => JsonKind.Number,
        JsonTokenType.True => JsonKind.True,
        JsonTokenType.False => JsonKind.False,
        _ => JsonKind.Null,
    };

    public void Dispose()
    {
        ArrayPool<Token>.Shared.Return(_tokens);
        _tokens = [];
    }
}
