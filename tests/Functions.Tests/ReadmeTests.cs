using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests;

/// <summary>What the README shows works when it is pasted: its curl lines run in order, and answers that it prints are compared.</summary>
public sealed partial class ReadmeTests : ServerTests
{
    private const string Anything = "…";

    /// <summary>Of the repository.</summary>
    internal static readonly string Root = FindRoot();

    [Fact]
    public async Task Start_WhenItsLinesRunInOrder_AnswersAsShown()
    {
        var files = new Dictionary<string, byte[]>();
        var (last, ran) = ("", 0);
        foreach (var (language, text) in Blocks())
        {
            if (language == "json")
            {
                AssertShown(JsonDocument.Parse(text).RootElement, JsonDocument.Parse(last).RootElement, "");
                continue;
            }

            foreach (var command in ShellCommand.ReadAll(text))
            {
                last = await RunAsync(command, files);
                ran++;
            }
        }

        Assert.True(ran >= 10, $"only {ran} commands were found");
    }

    [Fact]
    public void Settings_WhenCompared_AreThoseOfTheCode()
    {
        var code = string.Concat(
            new[] { "Settings.cs", "StorageSettings.cs", "IdentitySettings.cs", "LookupsSettings.cs", "EmbeddingSettings.cs" }.Select(file => File.ReadAllText(Path.Combine(Root, "functions", "Hosting", file))));
        var read = Variable().Matches(code).Select(match => match.Value).Distinct();
        var told = SettingsRow().Matches(ReadReadme()).Select(match => match.Groups[1].Value);

        Assert.Equal(read.Order(), told.Order());
    }

    [Fact]
    public void Routes_WhenTheOpenApiDocumentHasThem_AreDescribed()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, "functions", "openapi.json")));
        var description = File.ReadAllText(Path.Combine(Root, "docs", "api.md"));

        var missing = document.RootElement.GetProperty("paths").EnumerateObject()
            .Select(path => path.Name.Replace("/v1/spaces/{space}/", "…/", StringComparison.Ordinal))
            .Where(path => !description.Contains(path + '`', StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public void Links_WhenFollowed_LeadToFiles()
    {
        var documents = Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Root, "*.md"));

        var broken =
            from document in documents
            from Match link in Link().Matches(File.ReadAllText(document))
            let path = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value)
            where !File.Exists(path) && !Directory.Exists(path)
            select $"{Path.GetRelativePath(Root, document)}: {link.Groups[1].Value}";

        Assert.Empty(broken);
    }

    private async Task<string> RunAsync(ShellCommand command, Dictionary<string, byte[]> files)
    {
        if (command.Words is ["cat", ">", var name])
        {
            files[name] = Encoding.UTF8.GetBytes(command.Input);
            return "";
        }

        Assert.True(command.Words[0] == "curl", $"a command that is not understood here: {string.Join(' ', command.Words)}");
        var (method, url, body, output) = ("GET", "", (string?)null, (string?)null);
        var headers = new List<(string, string)>();
        for (var i = 1; i < command.Words.Count; i++)
        {
            switch (command.Words[i])
            {
                case "-X": method = command.Words[++i]; break;
                case "-H": headers.Add(Header(command.Words[++i])); break;
                case "-d": body = command.Words[++i]; break;
                case "-o": output = command.Words[++i]; break;
                case "--data-binary": body = Data(command.Words[++i], command.Input, files); break;
                case var word when word.StartsWith(ServerOptions.DefaultUrl + "/", StringComparison.Ordinal): url = word[ServerOptions.DefaultUrl.Length..]; break;
                case var word: Assert.Fail($"a word that is not understood here: {word}"); break;
            }
        }

        var reply = await Server.SendAsync(method, url, body, contentType: "", [.. headers]);
        Assert.True((int)reply.Status is >= 200 and < 300, $"{method} {url}: {(int)reply.Status} {reply.Text}");
        if (output is not null)
        {
            files[output] = reply.Bytes;
        }

        return reply.Text;
    }

    private static (string Name, string Value) Header(string text) => (text.Split(": ")[0], text.Split(": ", 2)[1]);

    private static string Data(string word, string input, Dictionary<string, byte[]> files) =>
        word == "@-" ? input : Encoding.UTF8.GetString(files[word[1..]]);

    // Members in any order; "…" stands for anything.
    private static void AssertShown(JsonElement shown, JsonElement actual, string path)
    {
        if (shown.ValueKind == JsonValueKind.String && shown.GetString() == Anything)
        {
            return;
        }

        Assert.True(shown.ValueKind == actual.ValueKind, $"{path}: shown {shown}, answered {actual}");
        switch (shown.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(shown.EnumerateObject().Select(member => member.Name).Order(), actual.EnumerateObject().Select(member => member.Name).Order());
                foreach (var member in shown.EnumerateObject())
                {
                    AssertShown(member.Value, actual.GetProperty(member.Name), $"{path}/{member.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal(shown.GetArrayLength(), actual.GetArrayLength());
                for (var i = 0; i < shown.GetArrayLength(); i++)
                {
                    AssertShown(shown[i], actual[i], $"{path}/{i}");
                }

                break;
            default:
                Assert.True(shown.GetRawText() == actual.GetRawText(), $"{path}: shown {shown.GetRawText()}, answered {actual.GetRawText()}");
                break;
        }
    }

    private static IEnumerable<(string Language, string Text)> Blocks() =>
        Block().Matches(ReadReadme()).Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    private static string ReadReadme() => File.ReadAllText(Path.Combine(Root, "README.md")).ReplaceLineEndings("\n");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cairn.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }

    [GeneratedRegex("^```(bash|json)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"CAIRN_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\| `(CAIRN_[A-Z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingsRow();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#\s]+)(?:#[^)\s]*)?\)")]
    private static partial Regex Link();

    /// <summary>One command as a shell would read it: words with their quotes undone, and what a here-document gives it.</summary>
    private sealed record ShellCommand(List<string> Words, string Input)
    {
        public static IEnumerable<ShellCommand> ReadAll(string script)
        {
            for (var at = 0; at < script.Length;)
            {
                var words = ReadWords(script, ref at);
                var input = words is [.., "<<", _] ? ReadInput(script, ref at, words[^1]) : "";
                if (words.Count > 0)
                {
                    yield return new(words is [.., "<<", _] ? words[..^2] : words, input);
                }
            }
        }

        private static List<string> ReadWords(string script, ref int at)
        {
            var words = new List<string>();
            var word = new StringBuilder();
            for (var quoted = false; at < script.Length && (quoted || script[at] != '\n'); at++)
            {
                var c = script[at];
                if (c == '\'')
                {
                    quoted = !quoted;
                }
                else if (!quoted && c is ' ')
                {
                    Take(words, word);
                }
                else
                {
                    Assert.False(!quoted && c is '"' or '\\' or '$' or '`' or ';' or '|' or '#', $"'{c}' is not understood here: {script}");
                    word.Append(c);
                    if (word.ToString() == "<<")
                    {
                        Take(words, word);
                    }
                }
            }

            Take(words, word);
            at++;
            return words;
        }

        private static void Take(List<string> words, StringBuilder word)
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        private static string ReadInput(string script, ref int at, string end)
        {
            var length = script[at..].IndexOf($"{end}\n", StringComparison.Ordinal);
            var input = script.Substring(at, length);
            at += length + end.Length + 1;
            return input;
        }
    }
}
