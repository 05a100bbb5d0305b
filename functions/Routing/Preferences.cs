using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Cairn.Functions.Routing;

/// <summary>The Prefer header (RFC 7240). What it names and we do not know is ignored, as that RFC asks.</summary>
/// <param name="RespondAsync">202 as soon as it is durable.</param>
/// <param name="Wait">How long to wait for the outcome; null: not said.</param>
/// <param name="Representation">Answer with the thing itself: true; with as little as possible: false; null: not said.</param>
internal sealed record Preferences(bool RespondAsync, TimeSpan? Wait, bool? Representation)
{
    public const int MaxWaitSeconds = 60;

    private static readonly Preferences None = new(false, null, null);

    public static Preferences Read(StringValues header)
    {
        var preferences = None;
        foreach (var value in header)
        {
            foreach (var preference in (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                preferences = preferences.With(preference.Split(';')[0].TrimEnd());
            }
        }

        return preferences;
    }

    /// <summary>What was honoured, for the Preference-Applied header.</summary>
    public void Apply(HttpResponse response)
    {
        if (this == None)
        {
            return;
        }

        string?[] applied =
        [
            RespondAsync ? "respond-async" : null,
            Wait is { } wait ? string.Create(CultureInfo.InvariantCulture, $"wait={(int)wait.TotalSeconds}") : null,
            Representation is { } whole ? whole ? "return=representation" : "return=minimal" : null,
        ];
        response.Headers["Preference-Applied"] = string.Join(", ", applied.Where(part => part is not null));
    }

    private Preferences With(string preference)
    {
        var parts = preference.Split('=', 2, StringSplitOptions.TrimEntries);
        return (parts[0].ToUpperInvariant(), parts.Length == 2 ? parts[1].Trim('"') : "") switch
        {
            ("RESPOND-ASYNC", "") => this with { RespondAsync = true },
            ("WAIT", var text) when UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) =>
                this with { Wait = TimeSpan.FromSeconds((int)UInt128.Min(seconds, MaxWaitSeconds)) },
            ("RETURN", "minimal") => this with { Representation = false },
            ("RETURN", "representation") => this with { Representation = true },
            _ => this,
        };
    }
}
