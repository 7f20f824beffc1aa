use super::*;

const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Powershell];

#[test]
fn every_command_and_name_is_completed() {
    let program = Cli::command();
    for shell in SHELLS {
        let script = shell.script(Language::English);
        for command in program.get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell:?}: {}", command.get_name());
        }
        for name in ["lenet5", "resnet18_v1", "lecture10", "conv2d", "multi_head_attention", "std"] {
            assert!(script.contains(name), "{shell:?}: {name}");
        }
        if shell != Shell::Powershell {
            for name in ["fvcore", "stm32h743", "receptive_field", "junit"] {
                assert!(script.contains(name), "{shell:?}: {name}");
            }
        }
        // What only stood for something is gone.
        assert!(!script.contains("_cmdstring") && !script.contains("_users"), "{shell:?}");
        let chinese = shell.script(Language::Chinese);
        assert!(
            chinese.contains("lenet5") && (shell == Shell::Bash || chinese.contains("列出内置网络")),
            "{shell:?}"
        );
    }
}

#[test]
fn what_is_added_finds_its_place() {
    let bash = Shell::Bash.script(Language::English);
    assert_eq!(bash.matches("complete -F _cnncost_with_names ").count(), 2, "{bash}");
    assert!(bash.contains("\n_cnncost_with_names() {\n") && !bash.contains("complete -F _cnncost "));
    let zsh = Shell::Zsh.script(Language::English);
    assert!(zsh.contains("\"*::files -- ") || zsh.contains(":_cnncost_networks'"), "{zsh}");
    assert!(zsh.contains("'*::files -- Descriptions") || zsh.contains(":_cnncost_networks' \\"), "{zsh}");
    assert!(zsh.contains(":_cnncost_columns' \\") && zsh.contains("\":: :_cnncost_first\""), "{zsh}");
    assert!(zsh.trim_end().ends_with("fi"), "{zsh}");
    let powershell = Shell::Powershell.script(Language::English);
    for start in [
        "'cnncost' {\n            [CompletionResult]::new('lenet_mnist'",
        "'cnncost;ops' {\n            [CompletionResult]::new('",
    ] {
        assert!(powershell.contains(start), "{start}\n{powershell}");
    }
}
